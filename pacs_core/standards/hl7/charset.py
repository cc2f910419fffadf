"""Character sets of MSH-18 (HL7 table 0211) as Python codecs."""

_CODECS = {
    "": "ascii",
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "ISO IR14": "shift_jis",
    "ISO IR13": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "big5hkscs",
    "BIG-5": "big5hkscs",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
}


def codec_of(charset: str) -> str | None:
    """Return the Python codec for a value of MSH-18, None when the table does not know it."""
    return _CODECS.get(" ".join(charset.upper().split()))


def decode_message(data: bytes) -> str | None:
    """Decode a message by its own MSH-18; None when it names an unknown set or the bytes contradict it.

    Without MSH-18 the standard says ASCII (2.15.9.18), senders say UTF-8 or Latin-1; both are tried, as every ASCII
    message is either. Where MSH-18 repeats, the first counts, save that Japanese may switch by ISO 2022 escapes.
    """
    separator = data[3:4]
    fields = data.split(b"\r", 1)[0].split(b"\n", 1)[0].split(separator) if separator else []
    charsets = fields[17].decode("ascii", "replace").split("~") if len(fields) > 17 else [""]
    codecs = [codec_of(charset) for charset in charsets]
    if "iso2022_jp" in codecs:
        codecs.insert(0, "iso2022_jp_2")
    if codecs[0] is None:
        return None
    candidates = ["utf-8", "latin-1"] if codecs[0] == "ascii" else [codecs[0]]
    for codec in candidates:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
