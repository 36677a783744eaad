from django.core.exceptions import BadRequest


class Utf8Middleware:
    """Take forms in UTF-8 only, as every browser sends ours.

    Django decodes a form by the character set its sender names. Some are none at all and end in a
    server error, some make half characters that no database can hold.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise BadRequest("Only UTF-8 is understood.")
        return self.get_response(request)
