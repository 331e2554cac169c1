"""The pages that people see: rendered here, complete without a script."""

from supervisor.web.messages import Answer, Handler, Request
from supervisor.web.site import Site
from supervisor.web.views import errors
from supervisor.web.views.table import pages


def make_pages(site: Site) -> Handler:
    """The handler of everything that is not for programs alone."""
    table = pages()

    def answer(request: Request) -> Answer:
        page = table.get(request.path.lstrip("/"))
        if page is None:
            return errors.not_found(request, site)
        if request.method not in page.methods:
            return errors.wrong_method(request, site, page.methods)
        return page.view(request, site)

    return answer
