"""Reading PDFs in tests: their text as a program that copies or reads it aloud gets it, and their structure."""

import io
import re

from pypdf import PdfReader
from pypdf.generic import ContentStream


def reader_of(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """All text, without its line breaks; and after it the texts that stand for what is drawn."""
    reader = reader_of(pdf)
    pages = [page.extract_text() for page in reader.pages]
    return " ".join([*pages, *replacements(reader)])


def replacements(reader: PdfReader) -> list[str]:
    """Each /ActualText: the characters that stand for a glyph, such as for a box."""
    found = []
    for page in reader.pages:
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator == b"BDC" and isinstance(operands[1], dict) and "/ActualText" in operands[1]:
                found.append(str(operands[1]["/ActualText"]))
    return found


def without_spaces(text: str) -> str:
    """The text as characters in order: where lines break, and what stands between cells, is left to the drawing."""
    return re.sub(r"[\s\ufeff]+", "", text)


def tags_of(pdf: bytes) -> list[tuple[str, str]]:
    """Each element of the structure with its alternative text, in the order in which it is read."""
    found = []

    def visit(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for each in node:
                visit(each)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            visit(node.get("/K", []))

    visit(reader_of(pdf).trailer["/Root"]["/StructTreeRoot"])
    return found
