"""What Office files have in common (packages, drawings, passwords, old forms), and workbooks."""
