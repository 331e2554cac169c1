"""Templates, places and escaping: in a page a text is that text, and nothing else."""

from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import unquote

import meld3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.web.views.kit import (
    Fragment,
    Html,
    Template,
    attributes,
    cut,
    escape,
    joined,
    quoted,
)

TEMPLATE = """\
<ul xmlns="http://www.w3.org/1999/xhtml" xmlns:meld="http://www.plope.com/software/meld3">
  <li data-attrs="{more}" meld:id="row"><a href="x?name={q}" title="{name}">{name}</a>
    <b meld:id="flag">100 % {flag_text}</b> tail</li>
  <li>last</li>
</ul>
"""


def parsed(html: str) -> tuple[list[tuple[str, dict[str, str | None]]], str]:
    """Start tags with their attributes, and all text, as a browser reads it."""
    tags, texts = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

        def handle_data(self, data: str) -> None:
            texts.append(data)

    reader = Reader()
    reader.feed(html)
    reader.close()
    return tags, "".join(texts)


def template() -> dict[str, Fragment]:
    return cut(meld3.parse_xml(BytesIO(TEMPLATE.encode())))


def test_fragment_is_filled_and_put_where_it_was() -> None:
    """What has a meld:id is a fragment of its own, and a place in what it was cut out of."""
    parts = template()
    flag = parts["flag"](flag_text="<done>")
    row = parts["row"](more=attributes(hidden=True), q="a", name="b", flag=flag)
    assert row == (
        '<li hidden><a href="x?name=a" title="b">b</a><b>100 % &lt;done&gt;</b> tail</li>'
    )
    page = parts["page"](row=joined((row, row)))
    assert page == f"<ul>{row}{row}<li>last</li></ul>"


def test_place_without_a_value_is_a_mistake() -> None:
    """No page is sent with holes in it."""
    with pytest.raises(KeyError, match="flag_text"):
        template()["flag"]()


def test_fragment_holds_others_with_their_places() -> None:
    """What many have in common is filled in once."""
    one, two = Fragment("<i>{name} 5%</i>"), Fragment('<b title="{name}"></b>')
    both = Fragment("<p class='{kind}'>{inside}</p>").holding(inside=[one, two], kind=Html("100%"))
    assert both(name="<x>") == (
        "<p class='100%'><i>&lt;x&gt; 5%</i><b title=\"&lt;x&gt;\"></b></p>"
    )


def test_values_are_escaped_unless_they_are_html() -> None:
    """Only what this package has made stays as it is."""
    fragment = Fragment("<p>{value}</p>")
    assert fragment(value="<b>") == "<p>&lt;b&gt;</p>"
    assert fragment(value=Html("<b>")) == "<p><b></p>"
    assert fragment(value=5) == "<p>5</p>"


@settings(deadline=None)
@given(st.text())
def test_text_is_read_as_what_it_was(text: str) -> None:
    """In content and in attributes, entities in it included; a law for every text."""
    safe = escape(text)
    tags, content = parsed(f'<a title="{safe}">{safe}</a>')
    assert [tag for tag, _ in tags] == ["a"]
    assert tags[0][1]["title"] == content
    assert set(safe) & set("<>\"'") == set()
    kept = "".join(char for char in content if char != "\ufffd")
    assert all(char in text for char in kept)
    if text.isprintable():
        assert content == text


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x7f", "\x9b", "\ud800", "\udcff", "\uffff", "\u202e", "\u2066"]
)
def test_what_no_page_may_contain_is_replaced(char: str) -> None:
    """Control characters, halves of surrogates, and what turns the text around it."""
    assert escape(f"a{char}b") == "a\ufffdb"
    escape(f"a{char}b").encode()


def test_text_that_looks_like_an_entity_stays_visible() -> None:
    """meld3 would leave it alone, and a page would show something else."""
    assert escape("&lt;b&gt; &amp;") == "&amp;lt;b&amp;gt; &amp;amp;"


@settings(deadline=None)
@given(st.binary())
def test_any_name_survives_the_way_through_an_address(name: bytes) -> None:
    """Names of programs are bytes; what is no UTF-8 is surrogates here."""
    text = name.decode("utf-8", "surrogateescape")
    assert unquote(quoted(text), errors="surrogateescape") == text
    assert all(char.isascii() and (char.isalnum() or char in "%_.~-") for char in quoted(text))


def test_colons_are_encoded_as_ever() -> None:
    """As links of old have them."""
    assert quoted("web:a b*") == "web%3Aa%20b%2A"


def test_attributes_are_there_or_not() -> None:
    """True is one without a value, False is none."""
    assert attributes() == ""
    assert attributes(hidden=True, aria_sort=False, data_x='"') == ' hidden data-x="&quot;"'


@pytest.mark.parametrize("name", ["frame", "status", "rows", "empty", "confirm", "error", "login"])
def test_every_template_can_be_read(name: str) -> None:
    """They are well-formed, and come with the package."""
    assert Template(f"{name}.html")["page"]
