"""The configuration: reading it again, and adding and removing groups."""

from supervisor.hints import Any
from supervisor.rpc.family import Family, as_group_name


class ConfigurationFamily(Family):
    """Methods about what is configured."""

    def reloadConfig(self) -> list[list[list[str]]]:
        """Read the configuration file again; no process is changed.

        Users and tokens of the file count from now on, and so do user name and password of each
        server: sessions and streams of those who are gone, or may do something else, end. See
        getUserChanges. The answer compares the groups of the file with those that are active, so
        it stays the same until groups are added and removed.

        @return array result  An array in an array: names of the groups that were added, changed
                              and removed.
        @raise CANT_REREAD    The configuration cannot be used; the text says why.
        @role admin
        @http POST /config/reread
        """
        self._refuse_while_leaving()
        added, changed, removed = self._services.configuration.reread()
        return [[list(added), list(changed), list(removed)]]

    def getUserChanges(self) -> list[str]:
        """Return what reloadConfig changed about users when it was called the last time.

        @return array changes  A line for each user or server, such as ``user alice: added`` or
                               ``user carla: changed (password, tokens)``; no value is told.
        @role read
        @http GET /config/user-changes
        """
        self._refuse_while_leaving()
        return list(self._services.configuration.user_changes())

    def addProcessGroup(self, name: str) -> bool:
        """Make a group active that is in the configuration as it was last read.

        Its processes with ``autostart`` are started.

        @param string name      Name of the group.
        @return boolean result  Always true.
        @raise ALREADY_ADDED    The group is active.
        @raise BAD_NAME         There is no such group in the configuration.
        @role admin
        @http PUT /groups/{name}
        """
        self._refuse_while_leaving()
        self._services.configuration.add_group(as_group_name(name))
        return True

    def removeProcessGroup(self, name: str) -> bool:
        """Take a group out whose processes have all stopped.

        @param string name      Name of the group.
        @return boolean result  Always true.
        @raise BAD_NAME         There is no such group.
        @raise STILL_RUNNING    Processes of the group have not stopped.
        @role admin
        @http DELETE /groups/{name}
        """
        self._refuse_while_leaving()
        self._services.configuration.remove_group(as_group_name(name))
        return True

    def getAllConfigInfo(self) -> Any:
        """Return the settings of all processes in the configuration as it was last read.

        @return array infos   Structs with the keys of the program sections, and ``group``,
                              ``group_prio``, ``process_prio`` and ``inuse`` (whether the group is
                              active), sorted by name of the process. What is not set is ``none``,
                              a path that is still to be chosen is ``auto``.
        @role read
        @http GET /config
        """
        self._refuse_while_leaving()
        return self._array(self._services.configuration.config_listing())
