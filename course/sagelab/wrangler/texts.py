"""Transforms of text and dates: format, search and edit, validate, featurize, parse as a type."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


def lower_case(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Write texts in small letters."""
    return df.assign(**{name: df[name].str.lower() for name in input_column})


def upper_case(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Write texts in capital letters."""
    return df.assign(**{name: df[name].str.upper() for name in input_column})


def capitalize(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Write the first letter as a capital and the rest small."""
    return df.assign(**{name: df[name].str.capitalize() for name in input_column})


def strip(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Take spaces away from both ends."""
    return df.assign(**{name: df[name].str.strip() for name in input_column})


def remove_symbols(df: pd.DataFrame, input_column: list[str], symbols: str) -> pd.DataFrame:
    """Take each of these characters out of the texts."""
    table = str.maketrans("", "", symbols)
    return df.assign(**{name: df[name].str.translate(table) for name in input_column})


def prepend_zeros(df: pd.DataFrame, input_column: list[str], width: int) -> pd.DataFrame:
    """Put zeros in front until a text has so many characters."""
    return df.assign(**{name: df[name].str.zfill(width) for name in input_column})


def add_affixes(df: pd.DataFrame, input_column: list[str], prefix: str, suffix: str) -> pd.DataFrame:
    """Put words in front of a text and behind it."""
    return df.assign(**{name: prefix + df[name] + suffix for name in input_column})


def find_substring(df: pd.DataFrame, input_column: str, pattern: str, output_column: str) -> pd.DataFrame:
    """Add a column that says whether a text holds these characters."""
    return df.assign(
        **{output_column: df[input_column].str.contains(pattern, regex=False, na=False).astype(bool)}
    )


def replace_substring(
    df: pd.DataFrame, input_column: list[str], pattern: str, replacement: str
) -> pd.DataFrame:
    """Put other characters in the place of these, wherever they stand."""
    return df.assign(
        **{name: df[name].str.replace(pattern, replacement, regex=False) for name in input_column}
    )


def replace_value(df: pd.DataFrame, input_column: list[str], value: str, replacement: str) -> pd.DataFrame:
    """Put another value in the place of one that is equal to the whole cell, number or text."""
    new = {}
    for name in input_column:
        number = pd.api.types.is_numeric_dtype(df[name])
        old, with_ = (float(value), float(replacement)) if number else (value, replacement)
        replaced = df[name].mask(df[name] == old, with_)
        whole = number and float(with_).is_integer() and pd.api.types.is_integer_dtype(df[name])
        new[name] = replaced.astype("int64") if whole else replaced
    return df.assign(**new)


def extract_pattern(df: pd.DataFrame, input_column: str, pattern: str, output_column: str) -> pd.DataFrame:
    """Add a column with what the first group of a regular expression finds."""
    return df.assign(**{output_column: df[input_column].str.extract(pattern, expand=True)[0]})


def split_by_delimiter(df: pd.DataFrame, input_column: str, delimiter: str, parts: int) -> pd.DataFrame:
    """Cut a text at a delimiter into so many new columns."""
    cut = df[input_column].str.split(delimiter, n=parts - 1, expand=True, regex=False)
    cut = cut.reindex(columns=range(parts))
    return df.assign(**{f"{input_column}_{place}": cut[place].astype("str") for place in range(parts)})


def deduplicate(df: pd.DataFrame, learned: dict[str, Any], input_column: str) -> pd.DataFrame:
    """Put one spelling in the place of similar ones: skrub groups texts that differ by typing errors."""
    return df.assign(**{input_column: df[input_column].map(learned["spelling"]).fillna(df[input_column])})


def fit_deduplicate(df: pd.DataFrame, input_column: str) -> dict[str, Any]:
    from skrub import deduplicate as find_spellings

    texts = df[input_column].dropna().tolist()
    if len(set(texts)) < 4:  # skrub needs four texts to compare groupings
        return {"spelling": {}}
    found = dict(zip(texts, find_spellings(texts), strict=True))
    return {"spelling": {text: same for text, same in sorted(found.items()) if text != same}}


def validate(df: pd.DataFrame, input_column: str, rule: str) -> pd.DataFrame:
    """Add a column that says whether each text keeps a rule."""
    texts = df[input_column].fillna("").astype("str").str
    rules: dict[str, Any] = {
        "Is alphabetic": texts.isalpha,
        "Is alphanumeric": texts.isalnum,
        "Is numeric": texts.isnumeric,
        "Is decimal": texts.isdecimal,
        "Is lower case": texts.islower,
        "Is upper case": texts.isupper,
        "Is title case": texts.istitle,
        "Is empty": lambda: texts.strip() == "",
    }
    name = f"{input_column}_{rule.lower().replace(' ', '_')}"
    return df.assign(**{name: rules[rule]().astype(bool)})


def character_statistics(df: pd.DataFrame, input_column: str) -> pd.DataFrame:
    """Add how many characters and words a text has, and its shares of digits and capitals."""
    texts: Any = df[input_column].fillna("").astype("str").str
    length = texts.len().astype("int64")
    some = length.where(length > 0, 1)
    new: dict[str, Any] = {
        "length": length,
        "words": texts.split().str.len().astype("int64"),
        "digit_share": texts.count(r"[0-9]") / some,
        "capital_share": texts.count(r"[A-Z]") / some,
    }
    return df.assign(**{f"{input_column}_{name}": values for name, values in new.items()})


def fit_vectorize(df: pd.DataFrame, input_column: str, max_words: int) -> dict[str, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(max_features=max_words).fit(df[input_column].fillna(""))
    words = vectorizer.get_feature_names_out().tolist()
    return {"words": words, "idf": vectorizer.idf_.tolist()}


def vectorize(df: pd.DataFrame, learned: dict[str, Any], input_column: str) -> pd.DataFrame:
    """Turn a text into the weights of its words (TF-IDF), one column for each of the most frequent words."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(vocabulary=learned["words"])
    vectorizer.idf_ = np.array(learned["idf"])
    weights = vectorizer.transform(df[input_column].fillna("")).toarray()
    new = {f"{input_column}_{word}": weights[:, place] for place, word in enumerate(learned["words"])}
    return df.drop(columns=input_column).assign(**new)


def parse_type(df: pd.DataFrame, column: str, data_type: str) -> pd.DataFrame:
    """Read a column as another type; what cannot be read becomes missing."""
    values = df[column]
    new: Any
    if data_type in ("float", "long"):
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        whole = data_type == "long" and numbers.notna().all()
        new = numbers.astype("int64") if whole else numbers.round() if data_type == "long" else numbers
    elif data_type == "date":
        new = pd.to_datetime(values, errors="coerce", format="mixed").astype("datetime64[us]")
    elif data_type == "bool":
        words = {"true": 1.0, "1": 1.0, "1.0": 1.0, "yes": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0, "no": 0.0}
        known = values.astype("str").str.lower().map(words)
        new = known.astype(bool) if known.notna().all() else known
    else:
        new = values.astype("str").where(values.notna())
    return df.assign(**{column: new})


def parse_date(df: pd.DataFrame, input_column: str, date_format: str) -> pd.DataFrame:
    """Read a text as a date that is written in one format; what does not fit becomes missing."""
    dates = pd.to_datetime(df[input_column], format=date_format, errors="coerce")
    return df.assign(**{input_column: dates.astype("datetime64[us]")})


def featurize_date(df: pd.DataFrame, input_column: str, resolution: str) -> pd.DataFrame:
    """Put year, month, day and so on, the weekday and the seconds since 1970 in the place of a date."""
    from skrub import DatetimeEncoder

    encoder = DatetimeEncoder(resolution=resolution, add_weekday=True)
    parts = encoder.fit_transform(df[input_column])
    return df.drop(columns=input_column).assign(**{name: parts[name].astype("float64") for name in parts})


def days_between(df: pd.DataFrame, first_column: str, second_column: str, output_column: str) -> pd.DataFrame:
    """Add the days from one date to another."""
    return df.assign(**{output_column: (df[second_column] - df[first_column]).dt.total_seconds() / 86400})


TEXTS = Parameter("input_column", "columns", of="text")
TEXT = Parameter("input_column", "column", of="text")
OUTPUT = Parameter("output_column", "text")
FORMAT, SEARCH, PARSE = "Format string", "Search and edit", "Parse value as type"
STRINGS = "format_string_0.1"
RULES = (
    "Is alphabetic", "Is alphanumeric", "Is numeric", "Is decimal",
    "Is lower case", "Is upper case", "Is title case", "Is empty",
)  # fmt: skip

TRANSFORMS = (
    Transform("Lower case", FORMAT, lower_case, (TEXTS,), aws=STRINGS),
    Transform("Upper case", FORMAT, upper_case, (TEXTS,), aws=STRINGS),
    Transform("Capitalize", FORMAT, capitalize, (TEXTS,), aws=STRINGS),
    Transform("Strip left and right", FORMAT, strip, (TEXTS,), aws=STRINGS),
    Transform(
        "Remove symbols", FORMAT, remove_symbols,
        (TEXTS, Parameter("symbols", "text", "!@#$%^&*()_+=-/\\`~{}|<>?")), aws=STRINGS,
    ),
    Transform(
        "Prepend zeros", FORMAT, prepend_zeros, (TEXTS, Parameter("width", "integer", 5, low=1, high=100)),
        aws=STRINGS,
    ),
    Transform(
        "Add prefix or suffix", FORMAT, add_affixes,
        (TEXTS, Parameter("prefix", "text", ""), Parameter("suffix", "text", "")), aws=STRINGS,
    ),
    Transform("Find substring", SEARCH, find_substring, (TEXT, Parameter("pattern", "text"), OUTPUT)),
    Transform(
        "Replace substring", SEARCH, replace_substring,
        (TEXTS, Parameter("pattern", "text"), Parameter("replacement", "text", "")),
    ),
    Transform(
        "Replace value", SEARCH, replace_value,
        (Parameter("input_column", "columns"), Parameter("value", "text"), Parameter("replacement", "text")),
    ),
    Transform("Extract pattern", SEARCH, extract_pattern, (TEXT, Parameter("pattern", "text"), OUTPUT)),
    Transform(
        "Split by delimiter", SEARCH, split_by_delimiter,
        (TEXT, Parameter("delimiter", "text", ","), Parameter("parts", "integer", 2, low=2, high=50)),
    ),
    Transform(
        "Deduplicate spellings", SEARCH, deduplicate, (TEXT,), fit=fit_deduplicate, library="skrub"
    ),
    Transform(
        "Validate string", "Validate string", validate, (TEXT, Parameter("rule", "choice", RULES[0], RULES))
    ),
    Transform("Character statistics", "Featurize text", character_statistics, (TEXT,)),
    Transform(
        "Vectorize", "Featurize text", vectorize,
        (TEXT, Parameter("max_words", "integer", 20, low=1, high=1000)),
        fit=fit_vectorize, library="scikit-learn",
    ),
    Transform(
        "Parse column as type", PARSE, parse_type,
        (
            Parameter("column", "column"),
            Parameter("data_type", "choice", "float", ("float", "long", "string", "bool", "date")),
        ),
        aws="cast_single_data_type_0.1", at="",
    ),
    Transform(
        "Parse date", PARSE, parse_date, (TEXT, Parameter("date_format", "text", "%Y-%m-%d"))
    ),
    Transform(
        "Extract date parts", "Featurize date/time", featurize_date,
        (
            Parameter("input_column", "column", of="date"),
            Parameter("resolution", "choice", "day", ("year", "month", "day", "hour", "minute", "second")),
        ),
        library="skrub",
    ),
    Transform(
        "Days between", "Featurize date/time", days_between,
        (
            Parameter("first_column", "column", of="date"),
            Parameter("second_column", "column", of="date"),
            OUTPUT,
        ),
    ),
)  # fmt: skip
