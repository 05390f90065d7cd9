"""The interface's words: all of them in the catalogue, all of them in German, none left in a script."""

import sys
from pathlib import Path

import pytest
import words
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from support import scripts

from sagelab_widgets import language

SCRIPTS = sorted(words.WIDGETS.glob("*.js"))
TRANSLATIONS = sorted(words.LOCALE.glob("*.po"))
AWS = {"Waiting", "Executing", "Stopping", "Stopped", "Failed", "Succeeded", "Completed", "Initializing"}
NOT_WORDS = AWS | {
    " UTC",  # a zone's name
    "change:{}",  # an event of the model
    "close step",  # by which the focus finds a button again
    "set weights",
    "price {}",
    "act {}",
    "sort {}",
    "open {}",
    "Enter",  # a key
    "fill: {}",  # styles
    "stroke: {}",
    "Manage columns",  # a group of the transforms' catalogue, by its name there
    "@page { size: A4 landscape; margin: 9mm; } body { margin: 0; background: #fff; }",
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_shows_no_word_that_is_not_translated(path):
    found = scripts.untranslated(path.read_text("utf-8"))

    shown = [line for line in found if not any(repr(word) in line for word in NOT_WORDS)]
    assert [line for line in shown if "from sagelab_widgets import" not in line] == []  # what a page runs


def test_the_template_holds_every_text():
    assert words.TEMPLATE.read_bytes() == words.written(words.template()), "run make words"


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.name)
def test_a_translation_is_complete_and_keeps_every_name(path):
    catalog = words.updated(path, words.template())

    assert words.faults(catalog) == []
    assert path.read_bytes() == words.written(catalog), "run make words"


@pytest.mark.parametrize(
    "script",
    [
        'h("p", {}, "Check")',
        'h("p", {}, "← Next question")',
        "h('p', {}, 'the answer')",
        'h("p", {}, `Question ${number}`)',
        "h('p', {}, `${count} of ${all} rows`)",
        'h("p", {}, t("Right"), "Not right")',
        'h("p", { "aria-label": "All questions" })',
        'h("p", { title: wrong ? "Try again" : "" })',
        'h("p", {}, t(known ? "Well known" : "New here"))',
        'h("p", {}, `${t("Right")} answer`)',
        'h("p", {}, /["\']/.test(x) ? "Check" : "")',
        "const WORDS = { fine: 'Well done' };",
    ],
)
def test_a_word_outside_of_the_calls_is_found(script):
    assert len(scripts.untranslated(script)) in (1, 2)


@pytest.mark.parametrize(
    "script",
    [
        't("Check all")',
        'this.words.t("Check all")',
        'h("p", { "data-key": `price ${name}` })',
        'tn(rows.length, "{count} row here", "{count} rows here")',
        'const NAME = mark("Scenario");',
        '// It says "Check" at once',
        '/* "Not right" */ h("p", { class: "sl-a sl-b" })',
        'event.key === "Enter" && press()',
        'node.addEventListener("Some event", f)',
        'svg("path", { d: "M1 2 l3 4" })',
        'import { h } from "./Base file.js";',
        "`sl-${kind} sl-strong`",
        'text.replace(/[a-z]+ "words"/g, "")',
    ],
)
def test_what_is_no_word_for_a_person_is_left_alone(script):
    assert scripts.untranslated(script) == []


def test_texts_are_found_inside_of_calls_and_templates():
    script = (
        't("Out {a}", { a: t("in") }); `${tn(n, "one", `many`)} ${t("deep")}`; tn(f(1, 2), "a row", "rows")'
    )

    assert [text for _, text in scripts.messages(script)] == ["Out {a}", "in", "deep", ("a row", "rows")]


def test_a_lost_or_invented_name_is_a_fault():
    catalog = Catalog("de")
    catalog.add("{count} rows", "Zeilen")
    catalog.add("All rows", "Alle {rows}")
    catalog.add("Check", "")
    catalog.add(("{count} card", "{count} cards"), ("{count} Karte", "{count} Karten"))

    assert len(words.faults(catalog)) == 3


def test_a_language_without_a_catalogue_speaks_english(monkeypatch):
    for name in ("en", "xx", "../../secret", "", "de/../de"):
        monkeypatch.setenv("SAGELAB_LANGUAGE", name)
        assert language.words() == {}
        assert language.translate("{name} is gone", name="it") == "it is gone"


def test_german_has_the_one_and_the_many(monkeypatch):
    monkeypatch.setenv("SAGELAB_LANGUAGE", "de")
    told = language.words(files=["shap_charts.js"])

    assert told["{count} other feature"] == "{count} weiteres Merkmal"
    assert told["{count} other features"] == "{count} weitere Merkmale"


def test_a_widget_carries_the_words_of_its_own_scripts(monkeypatch):
    monkeypatch.setenv("SAGELAB_LANGUAGE", "de")
    from sagelab_widgets import Quiz

    told = Quiz([]).words

    assert told["Check"] == "Prüfen"
    assert "Waterfall of client {client}: from the baseline {base} to {output}" not in told


def test_every_message_of_the_catalogue_has_a_place():
    with words.TEMPLATE.open("rb") as stream:
        texts = [message for message in read_po(stream) if message.id]

    assert len(texts) > 100
    assert all(message.locations for message in texts)
    assert {Path(name).suffix for message in texts for name, _ in message.locations} <= {".js", ".py"}


def test_english_loads_no_catalogue_reader():
    from subprocess import run

    code = "import sys; from sagelab_widgets.language import translate; translate('x'); print('babel' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
