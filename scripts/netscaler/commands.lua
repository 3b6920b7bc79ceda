-- SPDX-License-Identifier: Apache-2.0
-- commands.lua: the commands of ns.conf that are mapped, as data, by "verb object" in small letters:
--
--   args      names of the words in their places
--   needs     how many of them have to be there
--   options   its options: options.lua

local options = use "netscaler/options"

local function verbs(object, options, bind)
  return { add = options, set = options, bind = bind }
end

local commands = {}

-- What the commands of an object have in common: `name` first, and rows by verb.
local function object(name, args, needs, by_verb, more)
  for verb, options in pairs(by_verb) do
    local set = verb ~= "add"
    commands[verb .. " " .. name:lower()] = { verb = verb, object = name, options = options, needs = set and 1 or needs,
      args = set and (more or { "name", "target", "port" }) or args }
  end
  for _, verb in ipairs { "enable", "disable", "unset" } do
    commands[verb .. " " .. name:lower()] = { verb = verb, object = name, options = by_verb.add, needs = 1, args = {
      "name", "target", "port" },
    }
  end
end

object("server", { "name", "address" }, 2, verbs("server", options.with(options.common, {
  { "domainResolveRetry", harmless = "see gateway { resolve }" }, { "domainResolveNow", n = 0, harmless = "at once" },
  { "IPv6Address", harmless = "both kinds of addresses are asked for" },
  { "translationIp", meant = "translated addresses" },
  { "translationMask", meant = "translated addresses" }, { "delay", harmless = "time to drain" },
  { "graceFul", harmless = "drains" } })))
object("service", { "name", "server", "type", "port" }, 4, verbs("service", options.service, options.member))
object("serviceGroup", { "name", "type" }, 2, verbs("serviceGroup", options.service, options.member))
object("lb monitor", { "name", "type" }, 2, verbs("lb monitor", options.monitor, options.rows {
  { "state" }, { "weight" }, { "certkeyName" }, { "metric" } }))
object("lb vserver", { "name", "type", "address", "port" }, 2, verbs("lb vserver", options.vserver, options.bound))
object("lb group", { "name", "vserver" }, 1, verbs("lb group", options.group, {}), { "name", "vserver" })
object("cs vserver", { "name", "type", "address", "port" }, 2, verbs("cs vserver", options.switch, options.switched))
object("cs policy", { "name" }, 1, verbs("cs policy", options.rule))
object("cs action", { "name" }, 1, verbs("cs action", options.rule))
object("responder action", { "name", "type", "target" }, 2, verbs("responder action", options.rule))
object("responder policy", { "name", "rule", "action", "undef" }, 3, verbs("responder policy", options.rule))
object("rewrite action", { "name", "type", "target", "text" }, 3, verbs("rewrite action", options.rule))
object("rewrite policy", { "name", "rule", "action", "undef" }, 3, verbs("rewrite policy", options.rule))
object("ssl certKey", { "name" }, 1, verbs("ssl certKey", options.key))
object("ssl profile", { "name" }, 1, verbs("ssl profile", options.tls, options.certificate))
object("ssl crl", { "name", "file" }, 2, verbs("ssl crl", options.rows {
  { "refresh", harmless = "the file is read again when it changes" },
  { "inform", harmless = "both kinds are read" }, { "CAcert", harmless = "its authority is found by name" },
  { "url", meant = "where it is fetched from" },
  { "method", meant = "how it is fetched" }, { "interval", meant = "how often it is fetched" },
  { "day", harmless = "when" }, { "time", harmless = "when" } }))
object("policy expression", { "name", "text" }, 2, verbs("policy expression", options.with(options.common, {
  { "clientSecurityMessage", meant = "a check of clients" } })))
object("policy patset", { "name" }, 1, verbs("policy patset", options.rows {
  { "comment", silent = true },
}, options.rows {
  { "index", silent = true }, { "charset", neutral = "ASCII", meant = "a set of characters" } }), { "name", "text" })

-- A command whose words do not follow from its object's `add`.
local function command(verb, name, args, needs, options)
  commands[verb .. " " .. name:lower()] = { verb = verb, object = name, args = args, needs = needs, options = options }
end

for _, name in ipairs { "ssl vserver", "ssl service", "ssl serviceGroup" } do
  command("set", name, { "name" }, 1, options.tls)
  command("bind", name, { "name" }, 1, options.certificate)
end
command("link", "ssl certKey", { "name", "parent" }, 2, {})
for _, name in ipairs { "responder global", "rewrite global" } do
  command("bind", name, { "policy", "priority", "goto" }, 2, options.bound)
end
object("ns httpProfile", { "name" }, 1, verbs("ns httpProfile", options.http_profile))
command("enable", "ns mode", {}, 0, {})
command("disable", "ns mode", {}, 0, {})
command("set", "ns param", {}, 0, options.param)
command("set", "ns timeout", {}, 0, options.timeout)
command("set", "ns httpParam", {}, 0, options.http_profile)
command("set", "lb parameter", {}, 0, options.rows {
  { "httpOnlyCookieFlag", default = "ENABLED" },
  { "startupRRFactor", neutral = "0", meant = "a slow start counted in requests; give the pools slow_start, a time" },
  { "usePortForHashLb", meant = "the port counts in hashes" },
  { "monitorConnectionClose", harmless = "how a probe ends" },
  { "consolidatedLConn", harmless = "connections are counted for each thread" },
  { "consolidatedLConnGlobal", harmless = "connections are counted for each thread" },
  { "preferDirectRoute", harmless = "routing is the system's" },
  { "vServerSpecificMac", harmless = "routing is the system's" },
  { "useSecuredPersistenceCookie", harmless = "the cookie is always signed" },
  { "cookiePassphrase", harmless = "see gateway { secret }", secret = true },
  { "sessionsThreshold", harmless = "pools have their own limit of what they remember" },
  { "allowBoundSvcRemoval", harmless = "of the appliance's shell" },
})

-- Objects of which there is one, or which `set` makes: no `add` has to be there.
commands.on_demand = {
  ["lb parameter"] = true, ["lb group"] = true, ["ns param"] = true, ["ns timeout"] = true, ["ns httpParam"] = true,
  ["ns httpProfile"] = true,
}

return commands
