#!/usr/bin/python3
"""x03: in a dialog the Route that a server has written leads back to it, whoever owns the key; a server that is down is
nobody's way."""
from play import equal, main, request, story


def stage(play, kind, **words):
    """Servers over TCP behind a listener of this kind, where the callee's name is the key."""
    servers = [play.server(name) for name in ("one", "two", "three")]
    gateway = play.gateway(servers, bind=kind, listener='options = { mode = "hop" },',
                           pool='persistence = { by = "to.user" }, monitor = { plugin = "sip", interval = "200ms" },',
                           **words)
    for server in servers:
        gateway.wait_state(server, "up")
    return gateway, servers


def bye(user, *routes):
    """In a dialog with a user, along these Routes."""
    return request("BYE", to=f"<sip:{user}@example.test>;tag=1", more=[("Route", f"<sip:{r};lr>") for r in routes])


@story
def the_servers_route_goes_before_the_key(play):
    gateway, servers = stage(play, "tcp")
    client = play.client()
    for n in range(6):
        owner = client.ask(request("OPTIONS", to=f"<sip:user{n}@example.test>")).server
        own = f"{gateway.address[0]}:5060;transport=tcp"
        equal(client.ask(bye(f"user{n}")).server, owner, "who gets a request that names nobody")
        equal(client.ask(bye(f"user{n}", "192.0.2.99")).server, owner, "who gets one that names a stranger")
        for server in servers:
            equal(client.ask(bye(f"user{n}", own, server.address)).server, server.name, "who gets one that names it")
            equal(client.ask(bye(f"user{n}", own, server.host)).server, server.name, "who gets one without a port")


@story
def a_dead_servers_route_leads_to_the_keys_owner(play):
    gateway, servers = stage(play, "tcp")
    client = play.client()
    owner = client.ask(request("OPTIONS", to="<sip:user@example.test>")).server
    dead = next(server for server in servers if server.name != owner)
    equal(client.ask(bye("user", dead.address)).server, dead.name, "who gets it first")
    dead.die()
    equal(client.ask(bye("user", dead.address)).server, owner, "who gets it when that one has just died")
    gateway.wait_state(dead, "down")
    equal(client.ask(bye("user", dead.address)).server, owner, "who gets it when that one is down")


main()
