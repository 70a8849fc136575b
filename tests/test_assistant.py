"""Conversations with the assistant: a question in, a reply out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.reply import Reply, Status


def places(reply: Reply) -> set[str]:
    return {f"{c.source[:3]}#{c.paragraph}" for c in reply.citations}


@pytest.mark.parametrize(
    ("question", "language", "place", "words"),
    [
        ("how much time did the palace get to surrender?", "en", "001#8", "20"),
        ("berapa menit waktu yang diberikan untuk menyerah di istana musim dingin", "id", "001#8", "20"),
        ("विंटर पैलेस को आत्मसमर्पण के लिए कितने मिनट मिले?", "hi", "001#8", "20"),
        ("വിന്റർ പാലസ് കീഴടങ്ങാൻ എത്ര മിനിറ്റ് കൊടുത്തു", "ml", "001#8", "20"),
        ("rus ki kranti kab hui thi", "hi", "000#2", "1917"),
        ("october viplavam eppozhayirunnu", "ml", "001#1", "1917"),
        ("who ran away dressed as a seaman", "en", "001#13", "Kerensky"),
        ("who was kishkn", "en", "001#7", "Kishkin"),
    ],
)
def test_a_question_is_answered_in_its_language_with_its_citation(
    assistant: Assistant, question: str, language: str, place: str, words: str
) -> None:
    reply = assistant.reply(question)
    assert (reply.status, reply.language) == (Status.ANSWERED, language)
    assert place in places(reply)
    assert words in reply.text


def test_the_text_holds_title_answer_and_source(assistant: Assistant) -> None:
    reply = assistant.reply("how much time did the palace get to surrender?")
    assert reply.title is not None
    assert reply.text.startswith(reply.title)
    assert "Source: “October Revolution” (Malayalam), paragraph 8" in reply.text


@pytest.mark.parametrize(
    "question",
    [
        "when was lenin born",
        "who led the french revolution",
        "how many people died in the october revolution",
        "kapan stalin meninggal",
        "लेनिन की पत्नी कौन थी",
        "gandhi ji ka janm kab hua",
        "സ്റ്റാലിൻ മരിച്ചത് എപ്പോഴാണ്",
        "what is the capital of france",
        "how do i cook biryani",
    ],
)
def test_what_the_documents_do_not_say_is_not_answered(assistant: Assistant, question: str) -> None:
    assert assistant.reply(question).status in (Status.DECLINED, Status.SUGGESTED)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("when was Lenin born", "who-was-lenin"),
        ("what was the favourite food of Nicholas II", "who-was-nicholas"),
        ("how tall is the winter palace", "what-is-winter-palace"),
    ],
)
def test_what_is_near_begins_with_the_entry_on_the_name(assistant: Assistant, question: str, entry: str) -> None:
    reply = assistant.reply(question)
    assert reply.status is Status.DECLINED
    assert reply.suggestions[0].fact == entry


def test_a_refusal_offers_what_is_told_of_the_person(assistant: Assistant) -> None:
    reply = assistant.reply("when was lenin born")
    assert reply.status is Status.DECLINED
    assert "Lenin" in reply.body
    assert reply.suggestions
    assert all("lenin" in assistant.knowledge.facts[s.fact].names for s in reply.suggestions)


@pytest.mark.parametrize(
    ("message", "language"),
    [("hello", "en"), ("terima kasih ya", "id"), ("नमस्ते", "hi"), ("നന്ദി", "ml"), ("shukriya bhai", "hi")],
)
def test_small_talk_is_answered_briefly(assistant: Assistant, message: str, language: str) -> None:
    reply = assistant.reply(message)
    assert (reply.status, reply.language) == (Status.SMALL_TALK, language)
    assert not reply.citations


class TestFollowUps:
    def test_and_when_is_read_with_the_last_answer(self, assistant: Assistant) -> None:
        reply = assistant.reply("did it succeed?", context="kornilov-revolt")
        assert reply.status is Status.ANSWERED
        assert places(reply) == {"001#2"}
        assert reply.follow_up

    def test_a_question_complete_in_itself_is_not(self, assistant: Assistant) -> None:
        reply = assistant.reply("how many cossacks marched with krasnov?", context="kornilov-revolt")
        assert reply.fact == "krasnov-700-cossacks"
        assert not reply.follow_up

    @pytest.mark.parametrize("question", ["how did he die", "what is photosynthesis", "asdfgh", "उनकी पत्नी कौन थी?"])
    def test_what_the_documents_do_not_say_is_not_answered_either(self, assistant: Assistant, question: str) -> None:
        assert assistant.reply(question, context="who-was-lenin").status is not Status.ANSWERED

    def test_why_of_a_refusal_to_shoot(self, assistant: Assistant) -> None:
        reply = assistant.reply("why?", context="soldiers-refused-to-fire")
        assert reply.fact == "why-soldiers-refused"

    def test_an_unknown_context_counts_as_none(self, assistant: Assistant) -> None:
        assert assistant.reply("and when?", context="no-such-fact") == assistant.reply("and when?")


class TestLanguageOfTheReply:
    def test_the_readers_choice_wins(self, assistant: Assistant) -> None:
        assert assistant.reply("who was Kishkin", language="ml").language == "ml"

    def test_then_the_messages_own(self, assistant: Assistant) -> None:
        assert assistant.reply("किश्किन कौन था", chat_language="en", language_code="id").language == "hi"

    def test_then_the_conversations_last_the_chats_and_the_apps(self, assistant: Assistant) -> None:
        assert assistant.reply("kishkin", conversation_language="id", chat_language="ml").language == "id"
        assert assistant.reply("kishkin", chat_language="ml", language_code="hi").language == "ml"
        assert assistant.reply("kishkin", language_code="hi-IN").language == "hi"

    def test_telegrams_old_code_for_indonesian_is_known(self, assistant: Assistant) -> None:
        assert assistant.known_language("in") == "id"


class TestLanguagesNotSpoken:
    @pytest.mark.parametrize(
        "message",
        [
            "Как приготовить борщ?",
            "என்ன நடந்தது?",
            "तुम्ही कसे आहात आणि काय चालले आहे",
            "ما هو الطقس اليوم",
            "¿Cómo está usted?",
        ],
    )
    def test_one_sentence_says_which_are(self, assistant: Assistant, message: str) -> None:
        reply = assistant.reply(message, language_code="id")
        assert (reply.status, reply.language) == (Status.DECLINED, "id")
        assert "Melayalam" in reply.text or "Malayalam" in reply.text

    def test_names_that_make_the_question_clear_are_understood(self, assistant: Assistant) -> None:
        reply = assistant.reply("Кто такой Кишкин?")
        assert "who-was-kishkin" in {reply.fact, *(s.fact for s in reply.suggestions)}
        assert "English" in reply.text


class TestBadInput:
    @pytest.mark.parametrize("message", ["", "   \n", "😀🎉", "???", "\u200b\u202e", "\ud800", "\x00"])
    def test_without_words_there_is_a_friendly_word(self, assistant: Assistant, message: str) -> None:
        reply = assistant.reply(message)
        assert reply.status is Status.DECLINED
        assert reply.body
        assert reply.suggestions

    def test_a_hundred_thousand_characters_are_no_trouble(self, assistant: Assistant) -> None:
        assert assistant.reply("lenin " * 17_000).text

    @given(st.text(alphabet=st.characters(codec=None), max_size=400))
    @settings(max_examples=60, deadline=None)
    def test_no_text_raises(self, assistant: Assistant, message: str) -> None:
        reply = assistant.reply(message, context="kornilov-revolt")
        assert reply.text
        assert 0 <= reply.confidence <= 1
