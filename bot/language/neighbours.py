"""Function words of languages that share a script with one of the bot's, but that it does not speak.

A handful each is enough, since every sentence is full of them. Words that one of the bot's own languages uses too do
no harm: the identifier counts only those that are nobody's else.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, dict[str, str]]] = {
    "DEVANAGARI": {
        "Marathi": "आहे आहेत होते होती होता कोण कोणी कोणता कोणत्या केव्हा कधी कुठे आणि कशी कसे कसा काय चे चा च्या झाली"
        " झाला झाले मध्ये नाही नव्हते म्हणजे म्हणून रशियन क्रांतीचे क्रांतीची सांगा मला तुम्ही आम्ही त्याने त्यांनी",
        "Nepali": "छ छन् थियो थिए कसले कहिले किन कसरी लाई बाट भयो भएको गर्यो गरे हुन् तपाईं तपाईंलाई मलाई थाहा",
        "Sanskrit": "अस्ति किम् कदा कुत्र कः आसीत् अभवत् तस्य तेन भवति सन्ति एतत्",
        "Bhojpuri": "बा बाड़े रहल कइसे काहे कवन हई हउवे भइल",
    },
    "LATIN": {
        "Spanish": "el los las unos qué quién quien cuándo cuando dónde donde cómo como fue fueron del "
        " usted está para hola gracias una por qué",
        "Portuguese": "os quem quando onde porque foi foram dos você está não uma como",
        "French": "les une des qui quand où pourquoi comment était étaient été quoi vous"
        " c'est dans avec bonjour est quelle",
        "German": "der ein eine wer wann warum wie ist waren wurde und nicht mit von dem sie zu im auf hallo"
        " danke wurden geschah",
        "Italian": "il gli uno chi dove perché è stata della che ciao quando",
        "Dutch": "het een wie wanneer waar waarom hoe werd waren niet ",
        "Turkish": "zaman kim nerede neden nasıl bir ve bu için oldu mı değil ile",
        "Vietnamese": "là của khi nào đâu tại sao và cách mạng không được những",
        "Tagalog": "ang ng mga sino kailan saan bakit paano nang",
        "Swahili": "nani lini wapi kwa nini mapinduzi urusi katika kuhusu",
        "Polish": "kto kiedy gdzie dlaczego był była się jest nie",
        "Russian": "kto kogda gde pochemu kak byl byla chto eto takoe privet",
        "Tamil": "eppothu enga yen eppadi irundhu irukku nadanthathu puratchi russiya vanakkam yaru eppadi",
        "Marathi": "kadhi kuthe kay kaay aahe ahe kon koni kashi zali jhali ani",
    },
}

NEIGHBOURS: Final[dict[str, dict[str, frozenset[str]]]] = {
    script: {name: frozenset(text.split()) for name, text in languages.items()} for script, languages in _WORDS.items()
}
"""Script → language → case-folded function words."""
