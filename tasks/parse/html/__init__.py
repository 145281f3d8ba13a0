"""A web page without what surrounds its text, in the few tags that unstructured reads without loss.

Left alone, unstructured drops definition lists, figures, forms, details, every tag that it doesn't know (`font`, `ins`,
`ruby`), paragraphs of one character, all outside `main`, the numbers of lists, the spans of cells and addresses of
links; and it recurses, so that deep nesting ends it. So what these say is written into the text here, with signs where
text has no form for it, and `markup` reads the signs from its elements.
"""

from tasks.parse.html.page import readable

__all__ = ["readable"]
