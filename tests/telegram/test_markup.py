"""HTML as Telegram reads it: the stand-in must accept and refuse what Telegram does."""

from __future__ import annotations

import pytest

from tests.telegram.markup import MarkupError, detect, length, parse_html


def kinds(source: str) -> list[tuple[str, int, int]]:
    return [(e["type"], e["offset"], e["length"]) for e in parse_html(source)[1]]


def test_tags_become_entities_in_utf16_units() -> None:
    assert parse_html("<b>🏰</b> <i>x</i>")[0] == "🏰 x"
    assert kinds("<b>🏰</b> <i>x</i>") == [("bold", 0, 2), ("italic", 3, 1)]
    assert length("🏰ക") == 3


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("<strong>a</strong>", "bold"),
        ("<EM>a</em>", "italic"),
        ("<ins>a</ins>", "underline"),
        ("<del>a</del>", "strikethrough"),
        ("<strike>a</strike>", "strikethrough"),
        ("<tg-spoiler>a</tg-spoiler>", "spoiler"),
        ('<span class="tg-spoiler">a</span>', "spoiler"),
        ("<a href='https://example.org'>a</a>", "text_link"),
        ("<code>a</code>", "code"),
        ("<pre>a</pre>", "pre"),
        ("<blockquote>a</blockquote>", "blockquote"),
        ("<blockquote expandable>a</blockquote>", "expandable_blockquote"),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', "custom_emoji"),
        ("<b>a</>", "bold"),
    ],
)
def test_every_documented_tag_is_known(source: str, kind: str) -> None:
    assert [k for k, _, _ in kinds(source)] == [kind]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>a</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("a<br/>", 'Unsupported start tag "br/" at byte offset 1'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("ക <b", "Unclosed start tag at byte offset 4"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ('<span class="x">a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href>a</a>", 'Expected equal sign in declaration of an attribute of the tag "a"'),
        ('<a href="x>a</a>', "Unexpected end of name token"),
    ],
)
def test_faulty_markup_is_refused_with_its_place(source: str, fault: str) -> None:
    with pytest.raises(MarkupError) as caught:
        parse_html(source)
    assert fault in str(caught.value)


def test_references_stand_for_characters_and_other_ampersands_for_themselves() -> None:
    assert parse_html("&lt;b&gt; &amp; &quot;x&quot; &#39;&#x41;")[0] == '<b> & "x" \'A'
    assert parse_html("Peace & Bread &nbsp; &unknown;")[0] == "Peace & Bread &nbsp; &unknown;"


def test_white_space_around_a_message_goes_and_entities_move_along() -> None:
    assert parse_html("  <b> x </b>\n") == ("x", [{"type": "bold", "offset": 0, "length": 1}])


def test_empty_tags_and_tags_within_code_are_no_entities() -> None:
    assert kinds("a<b></b>") == []
    assert kinds("<code>a<b>b</b></code>") == [("code", 0, 2)]
    assert parse_html('<pre><code class="language-python">x</code></pre>')[1] == [
        {"type": "pre", "offset": 0, "length": 1, "language": "python"}
    ]


def test_commands_and_mentions_are_found_in_what_people_write() -> None:
    found = [(e["type"], e["offset"], e["length"]) for e in detect("🏰 /ask@some_bot why, @asha? a/b x@y.z")]
    assert found == [("bot_command", 3, 13), ("mention", 22, 5)]
