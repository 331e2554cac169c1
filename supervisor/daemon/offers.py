"""The methods that one server offers to each of its callers, and what role each of them takes."""

from supervisor.hints import Callable, Sequence
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import role_of_docstring
from supervisor.rpc.multicall import Later
from supervisor.rpc.ports import Services
from supervisor.rpc.registry import Registry


class Offering:
    """Implements `web.gateway.Offer`.

    Whoever may see all programs calls the registry of the server. Others get one of their own, in
    which the built-in methods see their programs alone, and which has no methods of plug-ins: those
    see the whole daemon.
    """

    __slots__ = ("_by_programs", "_later", "_names", "_registry", "_roles", "_services")

    def __init__(
        self, registry: Registry, names: Sequence[str], services: Services, later: Later
    ) -> None:
        self._registry = registry
        self._names = tuple(names)
        """Namespaces of the built-in interface."""
        self._services = services
        self._later = later
        self._roles: dict[str, Role] = {}
        self._by_programs: dict[tuple[str, ...], Registry] = {}

    def registry(self, caller: Caller) -> Registry:
        """The methods, with the programs of that caller."""
        if not caller.programs:
            return self._registry
        found = self._by_programs.get(caller.programs)
        if found is None:
            found = self._by_programs[caller.programs] = self._scoped(caller)
        return found

    def forget(self) -> None:
        """The users have changed: make anew what each of them needs."""
        self._by_programs.clear()

    def role_of(self, method: str) -> Role:
        """Which role a method takes: ADMIN for those that do not say, READ for what is none."""
        role = self._roles.get(method)
        if role is None:
            docstring = self._registry.docstring_of(method)
            if docstring is None:
                # It will be refused as unknown.
                return Role.READ
            role = role_of_docstring(docstring)
            if docstring:
                # Names that a plug-in may not have would be as many as clients can think of.
                self._roles[method] = role
        return role

    def _scoped(self, caller: Caller) -> Registry:
        # Late: few users are limited to some programs.
        from supervisor.rpc.scope import scoped

        services = scoped(self._services, caller)
        interface = SupervisorInterface(services, is_patient=True)
        objects = [(name, interface) for name in self._names]
        return Registry(objects, services.log, later=self._later)


def own_offering(services: Services, later: Callable[[Callable[[], None]], object]) -> Offering:
    """The built-in methods alone, for pages of servers that offer no XML-RPC."""
    interface = SupervisorInterface(services, is_patient=True)
    registry = Registry([("supervisor", interface)], services.log, later=later)
    return Offering(registry, ("supervisor",), services, later)
