-- SPDX-License-Identifier: Apache-2.0
-- topology_ports.lua: the ports of a topology beside those that the words of `include "lync"` open.  Each is the
-- same, or a matter of the servers among themselves, or different, or unknown.

-- OWNER USAGE SIDE PROTOCOL = the port that the words have; two of them: the one clients ask for outside, too.
local carried = {
  registrar = {
    ["Registrar SipServer Primary Mtls"] = { 5061 },
    ["Registrar WebServer Primary Mtls"] = { 444 },
    ["QoE SipServer Primary Mtls"] = { 5061 },
    ["McuFactory WebServer Primary Mtls"] = { 444 },
    ["PresenceFocus UserPinManagement Primary Https"] = { 443 },
    ["OCSWebSite WebSite External Http"] = { 8080, 80 },
    ["OCSWebSite WebSite External Https"] = { 4443, 443 },
    ["OCSWebSite WebSite Primary Http"] = { 80 },
    ["OCSWebSite WebSite Primary Https"] = { 443 },
    ["IMConf WebServer Primary Mtls"] = { 444 },
    ["DataConf WebServer Primary Mtls"] = { 444 },
    ["AVConf WebServer Primary Mtls"] = { 444 },
    ["AppSharingConf WebServer Primary Mtls"] = { 444 },
    ["AppSharingConf SipServer Primary Mtls"] = { 5065 },
    ["Mediation SipServer Primary Mtls"] = { 5070 },
    ["urn:application:RGS SipServer Primary Mtls"] = { 5071 },
    ["urn:application:Cps SipServer Primary Mtls"] = { 5075 },
    ["urn:application:testbot SipServer Primary Mtls"] = { 5076 },
    ["urn:application:PDP SipServer Primary Mtls"] = { 5080 },
    ["urn:application:PDP TURNServer Primary Tcp"] = { 448 },
  },
  edge_pool = {
    ["AccessEdge SipServer Internal Mtls"] = { 5061 },
    ["AccessEdge SipClient External Tls"] = { 443 },
    ["AccessEdge SipServer External Mtls"] = { 5061 },
    ["DataEdge PsomClient External Tls"] = { 443 },
    ["MediaRelayAuthenticationEdge SipServer Internal Mtls"] = { 5062 },
    ["MediaRelayEdge TURNServer Internal Tcp"] = { 443 },
    ["MediaRelayEdge TURNServer External Tcp"] = { 443 },
    ["MediaRelayEdge TURNServer Internal Udp"] = { 3478 },
    ["MediaRelayEdge TURNServer External Udp"] = { 3478 },
    ["XmppFederationProxy XmppServer External Tls"] = { 5269 },
  },
  mediation_pool = { ["Mediation SipServer Primary Mtls"] = { 5070 } },
  persistent_chat = {},
}
carried.front_end_pool, carried.director_pool = carried.registrar, carried.registrar

-- Where no published document shows the owner, by number alone.
local by_number = { persistent_chat = { [5041] = true } }

-- Owners whose other ports are for the servers of the pool, for one server by its own name, or for media.
local among_servers = {
  AVConf = true, DataConf = true, DataEdge = true, IMConf = true, Lyss = true, McuFactory = true, McxService = true,
  McxServiceExternal = true, MediaComp = true, MediaRelayEdge = true, Mediation = true, PersistentChatWebManager = true,
  PersistentChatWebManagerExternal = true, PlatformService = true, PlatformServiceExternal = true, Reach = true,
  ReplicationService = true, SkypeSearchProxy = true, UcwaService = true, UcwaServiceExternal = true,
  WinFab = true, XmppFederation = true, XmppFederationProxy = true,
  ["urn:application:RGS"] = true, -- 8404, between the servers
}

local function range_of(p)
  if p.range and p.range > 1 then return string.format("%d-%d", p.port, p.port + p.range - 1) end
  return tostring(p.port)
end

local function told(p) return string.format("%s %s", p.owner, range_of(p)) end

local function differs(p, known)
  if p.port ~= known[1] then
    return string.format("%s (%s, %s) listens on %d; the word's server port is %d: override it by name",
      p.owner, p.usage, p.side, p.port, known[1])
  end
  if known[2] and p.outside and p.outside ~= known[2] then
    return string.format("%s (%s) is published on %d; the word's listener is on %d: override it by name",
      p.owner, p.side, p.outside, known[2])
  end
end

local function sort_in(p, word, result)
  local known = carried[word][table.concat({ p.owner, p.usage, p.side, p.protocol }, " ")]
  local text = known and p.port and differs(p, known)
  if not p.port then
    table.insert(result.unknown, string.format("%s (%s): its port is no number", p.owner, p.usage))
  elseif text then
    table.insert(result.different, text)
  elseif known or (by_number[word] and by_number[word][p.port]) then
    result.same = result.same + 1
  elseif among_servers[p.owner] then
    if not result.seen[told(p)] then table.insert(result.inside, told(p)) end
    result.seen[told(p)] = true
  else
    local format = "%s (%s, %s, %s) on %s: no word knows it; open it with ordinary words if it is balanced"
    table.insert(result.unknown, string.format(format, p.owner, p.usage, p.side, p.protocol, range_of(p)))
  end
end

local ports = {}

-- How many ports are the same; and as lists of text those among servers, those that differ, those that are unknown.
function ports.compare(pool, word)
  local result = { same = 0, inside = {}, different = {}, unknown = {}, seen = {} }
  for _, s in ipairs(pool.services) do
    for _, p in ipairs(s.ports) do sort_in(p, word, result) end
  end
  return result.same, result.inside, result.different, result.unknown
end

return ports
