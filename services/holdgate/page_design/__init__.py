"""What all pages have in common: the stylesheet, charts drawn as SVG, and reports as self-contained pages."""
