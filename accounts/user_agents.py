"""Describing a device by its User-Agent header."""

from django.utils.translation import gettext

# Parts of User-Agent headers and names for them. Specific parts come first: Edge, for one, names Chrome and Safari too.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
]


def describe_device(user_agent: str) -> str:
    """Name of the browser and the operating system, by the User-Agent header."""
    browser = next((name for part, name in BROWSERS if part in user_agent), None)
    system = next((name for part, name in SYSTEMS if part in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("An unknown device")
