"""HTML, and the formats that become HTML on the way: Markdown, and what pandoc reads."""
