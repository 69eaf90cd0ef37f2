"""Sphinx settings of the course's site; `make site` builds it from build/site/source, where autograder/site.py puts the pages."""

project = "Video synthesis and editing"
author = "the authors of this course"
copyright = "2026, the authors of this course"
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["README.md"]
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch pages, which a page opened from disk may not

# MathJax lies beside the pages, so that no request leaves them; SVG needs no fonts.
mathjax_path = "mathjax/tex-svg.js"
mathjax_options = {"defer": "defer"}
mathjax3_config = {"svg": {"fontCache": "global"}, "options": {"enableMenu": False}}


def name_the_level(app, page, template, context, doctree) -> None:
    """Sphinx calls the captions of the navigation headings; a screen reader wants to know of which level."""
    context["furo_navigation_tree"] = context["furo_navigation_tree"].replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app) -> None:
    """Called by Sphinx; furo has made its navigation by then."""
    app.connect("html-page-context", name_the_level, priority=900)
