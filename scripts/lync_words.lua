-- SPDX-License-Identifier: Apache-2.0
-- lync_words.lua: the words that `include "lync"` adds, with their keys, in the form of words.lua.

local rules = { "microsoft", "guide" }
local versions = { "2010", "2013", "2015", "2019" }

local certificate = {
  { key = "certificate", type = "string", required = true, help = "PEM file with the certificate and its chain" },
  { key = "key", type = "string", required = true, help = "PEM file with the private key" },
  { key = "minimum", type = "string", unset = "by lync.version", help = "the oldest TLS version" },
  { key = "sha1", type = "boolean", unset = "by lync.version", help = "take SHA-1 signatures" },
  { key = "priority", type = "string", help = "a GnuTLS priority string" },
  { key = "crl", type = "string", help = "file with lists of revoked certificates" },
}

local function name(help) return { key = "name", type = "name", required = true, help = help } end
local vip = { key = "vip", type = "vip", required = true, help = "the address where clients inside arrive" }
local vip_or_none = { key = "vip", type = "vip", unset = "reached by lync.reverse_proxy alone",
  help = "the address where clients inside arrive" }
local external_vip = { key = "external_vip", type = "vip", unset = "none",
  help = "the address where a reverse proxy, or clients outside, arrive for external web services" }
local servers = { key = "servers", type = "hosts", required = true,
  help = '["NAME"] = "ADDRESS", or = { "ADDRESS", weight = 2 } with what a pool knows of a server; NAME is in its ' ..
    'certificate' }
local sip_certificate = { key = "certificate", type = "certificate", keys = certificate,
  unset = "5061 is not decrypted",
  help = "for SIP on 5061, shown to clients and to servers: a table, or the name of a `tls` word" }
local web_certificate = { key = "web_certificate", type = "certificate", keys = certificate,
  unset = "web traffic is not decrypted", help = "for web services: a table, or the name of a `tls` word" }
local trust = { key = "trust", type = "file", unset = "the system's authorities, for servers only",
  help = "PEM file with the authorities that the servers' certificates come from" }
local sip = { key = "sip", type = "choice", choices = { "call-id", "source" },
  unset = '"call-id" with `certificate`, else "source"',
  help = "5061 by plugin sip and Call-ID, which needs `certificate`, or not decrypted and by the client's address" }
local rule = { key = "rules", type = "choice", choices = rules, unset = "by lync.rules",
  help = "whose tables count where the vendor's and the guide's differ" }
local web_names = { key = "web_names", type = "list", of = { type = "string" }, max = 64, default = {},
  help = "names of the external web services: on 443 they lead to 4443" }
local without = { key = "without", type = "list", of = { type = "integer", min = 1, max = 65535 }, max = 64,
  default = {}, help = "ports that get no listener; what is as healthy as 5061 is so without one, too" }
local probe_port = { key = "probe_port", type = "integer", min = 1, max = 65535, default = 5060,
  help = "where the servers take SIP in clear, opened in the topology for probes" }
local cookies = { key = "cookies", type = "boolean", unset = "true with version 2010, else false",
  help = "web services that are decrypted keep a client with the cookie MS-WSMAN, not httponly, without end" }
local peers = { key = "peers", type = "list", of = { type = "name" }, default = {},
  help = "further servers to be trusted on 5061; all names of the topology are" }

local function address(default, help)
  return {
    { key = "vip", type = "vip", required = true, help = "the address where clients outside arrive" },
    { key = "name", type = "name", unset = default .. " of the first domain", help = help },
    { key = "servers", type = "hosts", unset = "those of `external`",
      help = "the servers' addresses for this service" },
  }
end

local av = address("av.", "its name outside")
av[#av + 1] = { key = "source", type = "choice", choices = { "gateway", "transparent" },
  unset = '"transparent" by Microsoft\'s rules, "gateway" by the guide\'s',
  help = "whose address the servers see; media finds its way only by the client's own: lychgate-network(7)" }

local words = {
  { word = "lync.version", value = { type = "choice", choices = versions, default = "2015",
      hint = 'the oldest one in the deployment: "2013"; the Subscription Edition is as "2019"' },
    help = "the oldest version in the deployment: TLS 1.0 and SHA-1 are taken for 2010 and 2013, and XMPP ends " ..
      "with 2015; the Subscription Edition is as 2019" },
  { word = "lync.rules", value = { type = "choice", choices = rules, default = "microsoft" },
    help = "whose tables count where the vendor's and the guide's differ" },
  { word = "lync.domains", value = { type = "list", of = { type = "name" }, min = 1, max = 64 },
    unset = "what follows the first dot of the first front end pool's name",
    help = "the SIP domains, the first one first: for --dns and --certificates" },
  { word = "lync.front_end_pool", help = "front ends, or a Standard Edition server",
    keys = { name "the pool's name", vip_or_none, external_vip, servers, sip_certificate, web_certificate, trust, sip,
      rule, web_names, probe_port, cookies, peers, without } },
  { word = "lync.director_pool", help = "directors",
    keys = { name "the pool's name", vip_or_none, external_vip, servers, sip_certificate, web_certificate, trust, sip,
      rule, web_names, probe_port, cookies, peers, without } },
  { word = "lync.edge_pool", help = "Edge servers, between two networks",
    keys = {
      name "the pool's name inside",
      { key = "internal", type = "table", unset = "the inside is balanced by DNS",
        help = "towards front ends and clients inside",
        keys = { vip, servers, sip_certificate, trust, sip, web_names } },
      { key = "external", type = "table", unset = "the outside is balanced by DNS",
        help = "towards clients and partners outside; nothing is decrypted there",
        keys = {
          { key = "servers", type = "hosts", unset = "each service has its own",
            help = "the servers' addresses outside" },
          { key = "access", type = "table", keys = address("sip.", "its name outside"), help = "SIP" },
          { key = "webconf", type = "table", keys = address("webconf.", "its name outside"), help = "web conferences" },
          { key = "av", type = "table", keys = av, help = "media" },
        } },
      rule, peers, without,
    } },
  { word = "lync.reverse_proxy",
    help = "web sites for clients outside, each a table; those of one address are told apart by name",
    of = {
      { key = "vip", type = "vip", required = true, help = "the address where clients arrive" },
      { key = "sites", type = "list", of = { type = "string" }, min = 1, max = 64, required = true,
        help = 'their names; a star stands at one of the ends: "meet.*"' },
      { key = "to", type = "string", required = true,
        help = "the name of a front end or director pool, of lync.web_apps or lync.exchange" },
      { key = "certificate", type = "certificate", keys = certificate,
        unset = "the word's own, else the web_certificate of `to`, else sites are told apart undecrypted",
        help = "shown to clients" },
      { key = "http", type = "boolean", default = false, help = "publish port 80, too: autodiscover of old phones" },
    },
    keys = { { key = "certificate", type = "certificate", keys = certificate, unset = "each has its own",
      help = "for all sites of the word" } } },
  { word = "lync.mediation_pool", help = "mediation servers of their own",
    keys = { name "the pool's name", vip, servers,
      { key = "gateways", type = "boolean", default = false, help = "the ports for gateways, too" }, rule, without } },
  { word = "lync.web_apps", help = "Office Web Apps, or Outlook on the web",
    keys = { { key = "name", type = "name", default = "owa", help = "the farm's name" }, vip_or_none, servers,
      web_certificate, trust,
      { key = "kind", type = "choice", choices = { "office", "outlook" }, default = "office",
        help = "which page tells its health" }, rule, without } },
  { word = "lync.exchange", help = "Exchange: mail by web, and unified messaging",
    keys = { { key = "name", type = "name", default = "exchange", help = "what it is called" }, vip_or_none, servers,
      web_certificate, trust,
      { key = "um", type = "boolean", default = false, help = "the ports of unified messaging, too" },
      rule, without } },
  { word = "lync.persistent_chat", help = "persistent chat servers",
    keys = { name "the pool's name", vip, servers, rule, without } },
}

return words
