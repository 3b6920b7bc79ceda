#!/usr/bin/python3
"""rpc_client: asks an endpoint mapper by impacket, and calls the server service at the place that it names:
rpc_client.py HOST INTERFACE VERSION.

Prints "tower ADDRESS PORT", as the tower has them, and "name NAME", as the server that was called calls itself; or
"failure ..."."""
import socket
import struct
import sys

from impacket import uuid
from impacket.dcerpc.v5 import epm, srvs, transport
from impacket.dcerpc.v5.rpcrt import DCERPCException

NDR = "8a885d04-1ceb-11c9-9fe8-08002b104860"


def floor(left, right):
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def syntax(text, major):
    return floor(b"\x0d" + uuid.string_to_bin(text) + struct.pack("<H", major), bytes(2))


def connect(binding):
    made = transport.DCERPCTransportFactory(binding)
    made.set_connect_timeout(5)
    rpc = made.get_dce_rpc()
    rpc.connect()
    return rpc


def ask(host, interface, version):
    """impacket's own helper hides the address, so the question is built here."""
    rpc = connect(f"ncacn_ip_tcp:{host}[135]")
    rpc.bind(epm.MSRPC_UUID_PORTMAP)
    tower = (struct.pack("<H", 5) + syntax(interface, int(version)) + syntax(NDR, 2) + floor(b"\x0b", bytes(2))
             + floor(b"\x07", bytes(2)) + floor(b"\x09", bytes(4)))
    question = epm.ept_map()
    question["max_towers"] = 4
    question["map_tower"]["tower_length"] = len(tower)
    question["map_tower"]["tower_octet_string"] = tower
    data = b"".join(rpc.request(question)["ITowers"][0]["Data"]["tower_octet_string"])
    rpc.disconnect()
    return socket.inet_ntoa(data[-4:]), struct.unpack(">H", data[-11:-9])[0]


def name_of(address, port):
    rpc = connect(f"ncacn_ip_tcp:{address}[{port}]")
    rpc.bind(srvs.MSRPC_UUID_SRVS)
    answer = srvs.hNetrServerGetInfo(rpc, 101)
    return answer["InfoStruct"]["ServerInfo101"]["sv101_name"].rstrip("\0")


try:
    place = ask(*sys.argv[1:])
    print("tower", *place)
    print("name", name_of(*place))
except DCERPCException as error:
    print("failure", error)
