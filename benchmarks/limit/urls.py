from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from benchmarks.limit.models import Row


def empty(request):
    return HttpResponse()


def user(request):
    return HttpResponse(request.user.username)


def row(request):
    return render(request, "limit.html", {"user": request.user, "row": Row.objects.get(owner=request.user)})


urlpatterns = [path("empty/", empty), path("user/", user), path("row/", row)]
