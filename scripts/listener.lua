-- SPDX-License-Identifier: Apache-2.0
-- listener.lua: what makes a listener beyond its keys' types: its addresses, its TLS, its plugin's options, its
-- policies, and the pools that it can reach.

local address = use "address"
local check = use "check"
local near = use "near"
local options = use "options"
local policy = use "policy"
local routes = use "routes"

-- { transport, address, v6, port, last (of a range, else nil), text }
function check.types.bind(c, v, _, at)
  if type(v) ~= "string" then return check.types.string(c, v, {}, at) end
  local transport, rest = v:match("^(%a+):(.+)$")
  if transport ~= "tcp" and transport ~= "tls" and transport ~= "udp" then
    return c:problem(at, check.show(v) .. " does not begin with tcp:, tls: or udp:",
      near(transport, { "tcp", "tls", "udp" }) or 'write "tcp:ADDRESS:PORT", "tls:ADDRESS:PORT" or "udp:ADDRESS:PORT"')
  end
  local host, port = address.split(rest)
  if not host or not port then
    return c:problem(at, check.show(v) .. " is not TRANSPORT:ADDRESS:PORT",
      not host and port or 'like "tcp:192.0.2.1:5060" or "tls:[2001:db8::1]:5061"')
  end
  local last
  port, last = address.ports(c, port, at)
  if last and transport == "udp" then return c:problem(at, "a range of ports is for tcp: and tls:") end
  local numeric, v6 = c.host.address(host)
  if not numeric then
    return c:problem(at, check.show(host) .. " is not an address",
      "names are not possible here; all addresses are 0.0.0.0 and [::]")
  end
  if not port then return nil end
  local text = address.join(numeric, v6, port) .. (last and "-" .. last or "")
  return { transport = transport, address = numeric, v6 = v6, port = port, last = last, text = text, _at = at }
end

-- An earlier bind that has a port of this one.
local function taken(c, b)
  for _, other in ipairs(c.binds) do
    local same = other.address == b.address and (other.transport == "udp") == (b.transport == "udp")
    if same and other.port <= (b.last or b.port) and b.port <= (other.last or other.port) then return other end
  end
end

-- Ports of one place that meet those of one other are told together.
local function tell_taken(c, b, other)
  local text = other.text == b.text and "%s is bound on line %d already" or "%s has ports that line %d binds already"
  local id = table.concat({ b._at.line, b._at.label, b.address, other._at.line, text }, "\n")
  local told = c.taken[id]
  if told then
    told[#told + 1] = b.port
    told.problem.text = string.format("%s: " .. text .. ", with ports %s", b._at.label, b.address, other._at.line,
      table.concat(told, ", "))
    return
  end
  local n = #c.problems
  c:problem(b._at, string.format(text, b.text, other._at.line))
  c.taken[id] = c.problems[n + 1] and { b.port, problem = c.problems[n + 1] }
end

local function check_binds(c, binds, plugin)
  local tls = false
  for _, b in ipairs(binds) do
    local other = taken(c, b)
    if other then tell_taken(c, b, other) end
    c.binds[#c.binds + 1] = b
    if plugin and not plugin.transports[b.transport] then
      c:problem(b._at, string.format("plugin `%s` does not go over %s", plugin.name, b.transport))
    end
    tls = tls or b.transport == "tls"
  end
  return tls
end

-- The clean `tls` words that have what a server needs.
local function check_certificates(c, names, at)
  for _, name in ipairs(names) do
    local word = c:clean("tls", name)
    if word and not word.bad and not word.certificate then
      c:problem(at, string.format("tls \"%s\" has no certificate", name), "a listener shows one to its clients")
    end
  end
end

local function check_verify(c, l, at)
  local first = c:clean("tls", l.tls[1])
  local trust = not first or first.bad or first.trust
  l.verify = l.verify or #l.peers > 0 and "optional" or "none"
  if l.verify == "none" and #l.peers > 0 then
    c:problem(at:key("verify"), "\"none\" asks no client for a certificate, but there are peers",
      'write "optional" or "required"')
  elseif #l.peers > 0 and not trust then
    c:problem(at:key("peers"),
      string.format("peers are known by a certificate, but tls \"%s\" has no `trust`", l.tls[1]))
  elseif l.verify ~= "none" and not trust then
    c:problem(at:key("verify"), string.format("needs `trust` in tls \"%s\"", l.tls[1]))
  end
end

-- Whether all that was written as `bind` is one.
local function binds_are_good(l, value)
  return #l.bind == (type(value.bind) == "table" and #value.bind or value.bind ~= nil and 1 or 0)
end

local function check_tls(c, l, value, has_bind, at)
  if has_bind and l.tls and #l.tls > 0 then
    check_certificates(c, l.tls, at:key("tls"))
    check_verify(c, l, at)
  elseif has_bind and value.tls == nil then
    c:problem(at, "`tls` is missing: a bind begins with tls:", 'name a `tls` word: tls = "NAME"')
  elseif not has_bind and binds_are_good(l, value) then
    for _, key in ipairs { "tls", "verify", "peers" } do
      if value[key] ~= nil then
        c:problem(at:key(key), "is of no use: no bind begins with tls:",
          'write "tls:ADDRESS:PORT" in `bind`, or leave it out')
      end
    end
  end
end

-- Core facts are true of any link, the others are the plugin's.
local function check_persistence(c, pool, plugin, listener)
  for i, fact in ipairs(pool.persistence.by or {}) do
    if not c.host.fact(plugin.handle, fact) then
      local at = pool._at:key("persistence"):key("by")
      c:problem(at.place and at.place.keys and at:key(i) or at,
        string.format("plugin `%s` of listener \"%s\" has no fact `%s`", plugin.name, listener, fact),
        near(fact, c.join(plugin.facts, c.host.core_facts)))
    end
  end
end

-- The pools that the listener's traffic may go to: its own first, then those of its routes and of its policies.
local function reach(c, l, plugin)
  local list, seen = {}, {}
  local function add(name)
    local pool = name and not seen[name] and c:clean("pool", name)
    if not pool then return end
    seen[name] = true
    list[#list + 1] = name
    check_persistence(c, pool, plugin, l.name)
  end
  add(l.pool)
  for _, r in ipairs(l.routes) do add(r.pool) end
  for _, p in ipairs(l.policies) do
    for _, name in ipairs(p.pools) do add(name) end
  end
  return list
end

local FLOW_IDLE_MS = 10 * 60 * 1000 -- a TURN allocation's life; streams have the default of the table

local function only_udp(binds)
  for _, b in ipairs(binds) do
    if b.transport ~= "udp" then return false end
  end
  return #binds > 0
end

-- A listener as config.c reads it.
return function(c, name, value, keys, at)
  local l = check.types.table(c, value, { keys = keys }, at)
  if not l then return nil end
  l.name, l.line = name, at.line
  l.bind, l.peers = l.bind or {}, l.peers or {}
  if l.access_log and l.access_log ~= "-" then
    l.access_log = check.written(c, l.access_log, "file", at:key("access_log"))
  end
  local plugin = l.plugin and c:plugin(l.plugin, at:key("plugin"))
  check_tls(c, l, value, check_binds(c, l.bind, plugin), at)
  if l.limits and only_udp(l.bind) and not (value.limits and value.limits.idle) then l.limits.idle = FLOW_IDLE_MS end
  if l.limits then l.limits.sessions_written = value.limits ~= nil and value.limits.sessions ~= nil end
  local uses = l.policies or {}
  l.policies = {}
  if not plugin then return nil end
  for _, use in ipairs(uses) do
    l.policies[#l.policies + 1] = policy(c, use, plugin)
  end
  l.routes = l.options and routes(c, plugin, l.options, at:key("options")) or {}
  l.options = l.options and options.all(c, plugin, "options", l.options, at:key("options"))
  l.reach = reach(c, l, plugin)
  return l
end
