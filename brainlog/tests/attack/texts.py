"""Hostile texts for text fields. Anything that they inject into a page has MARK in its name."""

MARK = "zqx"

# Without escaping, each becomes an element, an attribute or a script of that name.
HOSTILE = [
    f"<{MARK}>",
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f"<svg/onload={MARK}()>",
    f'" on{MARK}=1 autofocus onfocus={MARK}() x="',
    f"' on{MARK}=1 onmouseover={MARK}() x='",
    f"></textarea><{MARK}>",
    f"</title><{MARK}>",
    f"</script><script>{MARK}()</script>",
    f"</option></select><{MARK}>",
    f"--><{MARK}><!--",
    f"--!><script>{MARK}()</script>",
    f"]]><{MARK}>",
    f"javascript:{MARK}()",
    f"data:text/html,<script>{MARK}()</script>",
    f"//{MARK}.example/%2e%2e/",
    "{{7*7}}{% debug %}{# #}" + MARK,
    "${7*7}`" + MARK + "`#{7*7}<%= 7*7 %>",
    f'<noscript><p title="</noscript><img src=x onerror={MARK}()>">',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={MARK}()&gt;">',
    f"&lt;{MARK}&gt; &#60;{MARK}&#62; %3C{MARK}%3E \\u003c{MARK}\\u003e",
    f"+ADw-{MARK}+AD4- \xbc{MARK}\xbe \uff1c{MARK}\uff1e",
    f"\x1b[31m{MARK}\x1b[2K\x07\x9b1m",
    f"\u2028{MARK}\u2029\x85\u202e\u2066\ufeff",
    f"<a href=\x01javascript:{MARK}()>x</a>",
    f"<iframe srcdoc='<{MARK}>'></iframe>",
    f"<base href=//{MARK}.example>",
    f"<meta http-equiv=refresh content=0;url=//{MARK}.example>",
    f"<form id=x action=//{MARK}.example><input name=next>",
    f"%(name)s %s {{0.__class__}} {MARK}",
]


def packed(most: int, code: str) -> list[str]:
    """All hostile texts, joined into as few texts of at most `most` characters as possible. Each begins with `code`."""
    texts = [code]
    for text in HOSTILE:
        if len(texts[-1]) + len(text) < most:
            texts[-1] += " " + text
        else:
            texts.append(f"{code} {text}"[:most].rstrip())
    return texts
