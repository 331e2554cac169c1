"""The door of one server: finds out who somebody is, and turns away what browsers are tricked into.

Somebody is known by a user name and a password, by a token, by the cookie of a session, or on a
unix socket by the user of the system that he is. What he gives counts before what he is; only who
gives something wrong and is nobody else is made to wait.
"""

from supervisor.enums import Enum
from supervisor.hints import Callable
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple
from supervisor.web.access.digests import random_key, sha256_hex
from supervisor.web.access.failures import Failures
from supervisor.web.access.passwords import ScryptPasswords
from supervisor.web.access.passwords import Verdict as Known
from supervisor.web.access.policy import refusal, why_misdirected, why_not
from supervisor.web.access.sessions import SessionStore
from supervisor.web.access.users import User, Users
from supervisor.web.auth import CHALLENGE, decode_credentials, is_password, is_slow
from supervisor.web.gate import GO_ON, NOBODY, Verdict, looks_like_browser
from supervisor.web.messages import Later, Request, Response, error_response
from supervisor.web.service import Ports
from supervisor.web.site import SignedIn

STRANGERS_FORMS = frozenset({"/sign-in", "/theme"})
"""Where forms are sent by those who have yet to say who they are."""
SIGN_IN_BYTES_MAX = 8192
"""Body of a request from somebody who has yet to say who he is; longer: 413."""
TRIES_MAX = 20
"""How often a password is looked at again while too many are being verified; then: 503."""
RETRY_S = 0.5
WAITING_PLACES = 4
"""Places of an attempt that waits for that: a peer has few of them, so that others have a turn."""

WRONG = "The user name or the password is wrong. Check both and try again."
BUSY = "Too many people are signing in just now. Try again in a few seconds."
CROWDED = (
    "Too many sign-ins from your address have just failed, so this one was not looked at. Try again"
    " in a few seconds."
)

_SHOWN_CHARS_MAX = 64
_TOKEN_CHALLENGE = (("WWW-Authenticate", 'Bearer realm="default", error="invalid_token"'),)
_FORM_CHALLENGE = (("WWW-Authenticate", 'Form realm="default"'),)
"""No scheme that a browser knows: it would ask in a window of its own, in front of our page."""


class Outcome(Enum):
    """Credentials that prove nothing."""

    NONE = "nothing was given"
    WRONG = "what was given is wrong"
    BUSY = "too many are being verified"
    CROWDED = "too many have failed just now: nothing was looked at"


Found = Caller | User | Outcome
"""Who somebody is, or why that is not known."""


class DoorFacts(NamedTuple):
    """What is configured for one server."""

    section: str
    users: tuple[User, ...]
    """With the user name and password of the server itself, if it has one, as an admin."""
    is_open: bool
    """Nobody is asked who he is."""
    names: tuple[str, ...]
    """Names that browsers may use: those of the machine and the configured ones."""
    allowed_hosts: tuple[str, ...]
    own_uid: int | None
    """This user of the system and root are admins on the socket; None: on this one they are not."""


class Door:
    """Implements `web.gate.Judge` and `web.site.Sessions`."""

    def __init__(
        self, facts: DoorFacts, ports: Ports, sessions: SessionStore, scrypt: ScryptPasswords
    ) -> None:
        self._ports = ports
        self._sessions = sessions
        self._scrypt = scrypt
        self._key = random_key()
        self.failures = Failures(ports.timers, ports.clock, ports.log, facts.section)
        self.renew(facts)

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who he is."""
        return self._facts.is_open

    # -- users -----------------------------------------------------------------------------------

    def renew(self, facts: DoorFacts) -> None:
        """Know these from now on; sessions of users who are gone or changed are over."""
        self._facts = facts
        clock = self._ports.clock
        self._users = users = Users(facts.users, lambda: clock.now().wall_s, self._key)
        stored = [each.password for each in facts.users if each.password is not None]
        slow = [each for each in stored if is_slow(each)]
        self._decoy = (slow or stored or [""])[0]
        """What is stored for those who do not exist."""
        self._sessions.retain(lambda caller: users.counts(caller.mark))

    def holds(self, caller: Caller, uid: int | None) -> bool:
        """Whether somebody who came in would be let in as the same now."""
        if caller.how == "peer":
            return self._by_uid(uid) == caller
        return self._users.counts(caller.mark)

    # -- requests --------------------------------------------------------------------------------

    def why_foreign(self, request: Request) -> Response | None:
        """The refusal of what a browser sends on behalf of somebody else's page."""
        facts = self._facts
        misdirected = why_misdirected(request, facts.names) if self._checks_host else None
        return misdirected or why_not(request, facts.allowed_hosts)

    @property
    def _checks_host(self) -> bool:
        # Where people say who they are, a hostile name brings the browser nothing of theirs; and
        # no browser connects to a unix socket.
        return self._facts.is_open and bool(self._facts.names)

    def may_try(self, request: Request) -> bool:
        """Whether a password is looked at at all: it is not after too many wrong ones.

        Who was let in by the same one on the same connection guesses nothing.
        """
        return request.is_proven or self.failures.attempts.has_place(request.peer)

    def admit(self, request: Request, uid: int | None) -> Verdict:
        """Whether somebody may come in who has to say who he is. Sets the caller."""
        if looks_like_browser(request):
            foreign = self.why_foreign(request)
            if foreign is not None:
                return foreign
        found = self._recognise(request, uid)
        if isinstance(found, Caller):
            request.caller = found
            return None
        if found is Outcome.NONE:
            return self._invite(request)
        if found is Outcome.BUSY:
            return self._admit_later(request, uid)
        return self._turn_away(request) if found is Outcome.CROWDED else self._refuse(request)

    def _recognise(self, request: Request, uid: int | None) -> Caller | Outcome:
        given = self._by_authorization(request)
        if isinstance(given, Caller):
            return given
        known = self._sessions.caller_of(request) or self._by_uid(uid)
        if known is not None and given is Outcome.WRONG:
            # He need not wait, but what he tries is a guess at what somebody else knows.
            self.failures.punish(request.peer, _nothing)
        return known or given

    def _by_authorization(self, request: Request) -> Caller | Outcome:
        authorization = request.header(b"authorization")
        if authorization is None:
            return Outcome.NONE
        scheme, _, value = authorization.strip().partition(" ")
        if scheme.lower() == "bearer":
            token = value.strip()
            # Always looked at: nobody guesses one.
            user = self._users.by_token(token)
            if user is not None:
                return user.caller("token", self._users.mark(user, sha256_hex(token)))
        if not self.may_try(request):
            return Outcome.CROWDED
        credentials = decode_credentials(authorization)
        if credentials is None:
            return Outcome.WRONG
        known = self._by_password(credentials[0].decode("utf-8", "surrogateescape"), credentials[1])
        return known if isinstance(known, Outcome) else self._by_his_password(known, "password")

    def _by_password(self, name: str, password: bytes) -> User | Outcome:
        candidates = self._users.stored_passwords(name)
        if not candidates:
            # As slow as if there were such a user: names are not to be told by the time it takes.
            known = self._verify(self._decoy, password)
            return Outcome.BUSY if known is Known.BUSY else Outcome.WRONG
        outcome = Outcome.WRONG
        for user, stored in candidates:
            known = self._verify(stored, password)
            if known is Known.RIGHT:
                return user
            if known is Known.BUSY:
                outcome = Outcome.BUSY
        return outcome

    def _by_his_password(self, user: User, how: str) -> Caller:
        return user.caller(how, self._users.mark(user, user.password or ""))

    def _verify(self, stored: str, given: bytes) -> Known:
        if is_slow(stored):
            return self._scrypt.verify(stored, given)
        return Known.RIGHT if is_password(stored, given) else Known.WRONG

    def _by_uid(self, uid: int | None) -> Caller | None:
        if uid is None:
            return None
        user = self._users.by_uid(uid)
        if user is not None:
            return user.caller("peer")
        own_uid = self._facts.own_uid
        if own_uid is not None and uid in (0, own_uid):
            return Caller(f"uid {uid}", Role.ADMIN, (), "peer")
        return None

    def _invite(self, request: Request) -> Verdict:
        """Ask somebody who he is: a person on a page, a program with a challenge."""
        if not looks_like_browser(request):
            return error_response(401, CHALLENGE, closes=True)
        length = int(request.header(b"content-length") or 0)
        if request.method in ("GET", "HEAD") or request.path in STRANGERS_FORMS:
            if length > SIGN_IN_BYTES_MAX:
                return error_response(413, closes=True)
            request.caller = NOBODY
            return None
        if _is_form(request) and length <= SIGN_IN_BYTES_MAX:
            # Its session is over: he is told so on the page to sign in, whatever he has asked for.
            request.caller = NOBODY
            return None
        text = "This needs signing in: your session may be over. Open the page again.\n"
        return refusal(401, text)._replace(headers=_FORM_CHALLENGE)

    def _refuse(self, request: Request) -> Later:
        what, challenge = "a request with what is no credentials", CHALLENGE
        authorization = request.header(b"authorization") or ""
        credentials = decode_credentials(authorization)
        if credentials is not None:
            what = self._attempt(credentials[0].decode("utf-8", "replace"))
        elif authorization.strip().lower().startswith("bearer"):
            what, challenge = "an unknown or expired token", _TOKEN_CHALLENGE
        self.failures.tell(what, request.peer)
        later = Later()
        answer = error_response(401, challenge, closes=True)
        later.on_abandoned = self.failures.punish(request.peer, lambda: later.resolve(answer))
        return later

    def _turn_away(self, request: Request) -> Response:
        self._tell_of_crowd(request)
        turned_away = refusal(429, f"{CROWDED}\n")
        return turned_away._replace(headers=(*turned_away.headers, ("Retry-After", "5")))

    def _tell_of_crowd(self, request: Request) -> None:
        self.failures.tell("to look at a sign-in after too many failures", request.peer)

    def _attempt(self, name: str) -> str:
        # What is no user's name may be a password, typed into the wrong field.
        who = ascii(name[:_SHOWN_CHARS_MAX]) if self._users.knows(name) else "an unknown user"
        return f"a wrong password for {who}"

    def _admit_later(self, request: Request, uid: int | None) -> Later:
        """Try again until the password has had its turn."""
        later = Later()

        def settle(found: Found) -> None:
            if isinstance(found, Caller):
                request.caller = found
                later.resolve(GO_ON)
            elif found is Outcome.WRONG:
                refused = self._refuse(request)
                later.on_abandoned = refused.abandon
                refused.then(later.resolve)
            elif found is Outcome.CROWDED:
                later.resolve(self._turn_away(request))
            else:
                later.resolve(error_response(503, (("Retry-After", "5"),), closes=True))

        self._try_again(lambda: self._recognise(request, uid), settle, later, request.peer)
        return later

    # -- sessions --------------------------------------------------------------------------------

    def sign_in(self, request: Request, name: str, password: str) -> Deferred:
        """A `SignedIn`, or why not: a full sentence that says what to do."""
        answer = Deferred()

        def settle(found: Found) -> None:
            if isinstance(found, User):
                cookie = self._sessions.open(request, self._by_his_password(found, "session"))
                self.failures.note(f"audit: {found.name} signed in from {request.peer}")
                answer.settle(lambda: SignedIn(cookie))
            elif found is Outcome.WRONG:
                self.failures.tell(self._attempt(name), request.peer)
                answer.on_abandoned = self.failures.punish(
                    request.peer, lambda: answer.settle(lambda: WRONG)
                )
            else:
                answer.settle(lambda: BUSY)

        if not self.failures.attempts.has_place(request.peer):
            self._tell_of_crowd(request)
            answer.settle(lambda: CROWDED)
            return answer
        given = password.encode("utf-8", "surrogatepass")
        found = self._by_password(name, given)
        if found is Outcome.BUSY:
            self._try_again(lambda: self._by_password(name, given), settle, answer, request.peer)
        else:
            settle(found)
        return answer

    def sign_out(self, request: Request) -> str:
        """End the session of the request; value of the Set-Cookie header that forgets it."""
        return self._sessions.close(request)

    def _try_again(
        self,
        look: Callable[[], Found],
        settle: Callable[[Found], None],
        waiter: Later | Deferred,
        peer: str,
        tries: int = TRIES_MAX,
    ) -> None:
        """Look again in a moment, until it is known; settle with BUSY if that takes too long."""
        attempts = self.failures.attempts
        if not tries or not attempts.has_place(peer):
            settle(Outcome.BUSY)
            return

        def again() -> None:
            found = look()
            if found is Outcome.BUSY:
                self._try_again(look, settle, waiter, peer, tries - 1)
            else:
                settle(found)

        waiter.on_abandoned = attempts.hold(peer, RETRY_S, again, WAITING_PLACES)


def _nothing() -> None:
    """What becomes of a failure that nobody waits for."""


def _is_form(request: Request) -> bool:
    """Whether a person has sent one of our forms, and is going to read the answer."""
    wanted, sent = request.header(b"accept") or "", request.header(b"content-type") or ""
    is_page = request.method == "POST" and "text/html" in wanted.lower()
    return is_page and sent.lower().startswith("application/x-www-form-urlencoded")
