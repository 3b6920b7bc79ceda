-- SPDX-License-Identifier: Apache-2.0
-- listeners.lua: the listener of each virtual server that has an address.

local model = use "netscaler/model"
local policies = use "netscaler/policies"
local pools = use "netscaler/pools"
local routes = use "netscaler/routes"
local tls = use "netscaler/tls"

local listeners = {}

local function set(...)
  local s = {}
  for _, name in ipairs { ... } do s[name] = true end
  return s
end

-- By the type of a virtual server: the plugin and transport, the types of services behind it, those of them that are
-- reached by TLS, and NetScaler's idle time of clients, in seconds.
local kinds = {
  TCP = { plugin = "tcp", transport = "tcp", takes = set("TCP"), secure = {}, idle = 9000 },
  SSL_TCP = { plugin = "tcp", transport = "tls", takes = set("TCP", "SSL_TCP"), secure = set("SSL_TCP"), idle = 9000 },
  SSL_BRIDGE = { plugin = "tcp", transport = "tcp", takes = set("SSL_BRIDGE"), secure = {}, idle = 180 },
  UDP = { plugin = "stun", transport = "udp", takes = set("UDP"), secure = {}, idle = 120, udp = true },
  HTTP = { plugin = "https", transport = "tcp", takes = set("HTTP", "SSL"), secure = set("SSL"), idle = 180 },
  SSL = { plugin = "https", transport = "tls", takes = set("HTTP", "SSL"), secure = set("SSL"), idle = 180 },
  SIP_TCP = { plugin = "sip", transport = "tcp", takes = set("SIP_TCP"), secure = {}, idle = 9000 },
  SIP_SSL = {
    plugin = "sip", transport = "tls", takes = set("SIP_TCP", "SIP_SSL"), secure = set("SIP_SSL"), idle = 9000,
  },
  SIP_UDP = { plugin = "sip", transport = "udp", takes = set("SIP_UDP"), secure = {}, idle = 120, udp = true },
}

local reasons = {
  ANY = "every protocol and port of an address: listeners are for TCP, TLS and UDP on ports that are named",
}

local function kind_of(v)
  local word = v.args.type:upper()
  local kind = kinds[word]
  return kind, not kind and (reasons[word] or "the type " .. v.args.type .. " has no counterpart") or nil
end

-- ---- Addresses ----

local function is_addressable(v)
  local a, p = v.args.address, v.args.port
  return a ~= nil and not (a == "0.0.0.0" or a == "::" or a == "0" or p == "0")
end

-- `n` addresses from this one on.
local function addresses(host, address, n)
  local numeric, v6 = host.address(address)
  if not numeric then return nil, address .. " is not an address" end
  if n == 1 then return { v6 and "[" .. numeric .. "]" or numeric } end
  local front, last = numeric:match("^(%d+%.%d+%.%d+%.)(%d+)$")
  if not front or n < 1 or last + n > 256 then
    return nil, "-range: more addresses than the last number of an IPv4 address counts"
  end
  local list = {}
  for i = 0, n - 1 do list[#list + 1] = front .. math.tointeger(last + i) end
  return list
end

local function binds(whole, v, kind)
  local port = tonumber(v.args.port)
  if not math.tointeger(port) or port < 1 or port > 65535 then
    return nil, "the port " .. tostring(v.args.port) .. ": listeners name their ports"
  end
  local list, reason = addresses(whole.host, v.args.address, v:number("range") or 0)
  if not list then return nil, reason end
  for i, address in ipairs(list) do
    local place = (kind.udp and "udp:" or "tcp:") .. address .. ":" .. v.args.port
    if whole.taken[place] then return nil, string.format("line %d has %s already", whole.taken[place], place) end
    list[i] = kind.transport .. ":" .. address .. ":" .. v.args.port
  end
  return list
end

local function take(whole, v, list)
  for _, text in ipairs(list) do whole.taken[(text:gsub("^tls", "tcp", 1))] = v.line.number end
end

-- ---- What else a listener says ----

-- NetScaler has an idle time for each end, and the virtual server's goes before that of its services.
local function idle(v, kind, pool)
  local own = v:number("cltTimeout") or pool and pool.client_idle or kind.idle
  if own == 0 then
    model.part(v:line_of("cltTimeout"), "-cltTimeout 0: a week, not for ever", false)
    return "168h"
  end
  if pool and kind.plugin ~= "https" and pool.idle and pool.idle ~= own then
    model.part(pool.owners[1]:line_of("svrTimeout"),
      "-svrTimeout " .. pool.idle .. ": one idle time holds for both ends, that of the client", true)
  end
  return v:bounded("cltTimeout", own, 604800, " s") .. "s"
end

local function add(list, key, value)
  if value ~= nil then list[#list + 1] = { key, value } end
end

-- The cookie of the pools behind a listener of HTTP: there is one name for all.
local function cookie(whole, options, reached)
  local name
  for _, pool in ipairs(reached) do
    local o = pool.persistence and pool.persistence.cookie
    if o then
      local own = o:get("cookieName") or "lychgate"
      if name and own ~= name then
        model.part(o:line_of("cookieName"), "-cookieName: a listener sets one cookie, " .. name, true)
      elseif not name then
        name = own
        add(options, "cookie", own)
        local parameter = whole:find("lb parameter", "")
        add(options, "cookie_httponly", not parameter or parameter:is_on("httpOnlyCookieFlag"))
        local minutes = o:number("timeout")
        add(options, "cookie_lifetime", minutes == 0 and 0 or minutes .. "m")
      end
    end
  end
end

local function forwarded(options, reached)
  local off = true
  for _, pool in ipairs(reached) do
    local usual = pool.cip and pool.cip:lower() == "x-forwarded-for"
    off = off and not usual
    for _, owner in ipairs(pool.cip and pool.owners or {}) do
      if usual then
        model.part(owner:line_of("cip"), "-cip: X-Forwarded-Proto, -Host and Forwarded go along", false)
      else
        model.part(owner:line_of("cip"),
          "-cip ENABLED " .. pool.cip .. ": the client's address goes in X-Forwarded-For only, if at all", true)
      end
    end
  end
  add(options, "forwarded", off and "off" or "append")
end

local function https_options(whole, v, reached, rows, secure)
  local options = {}
  if #rows > 0 then options[#options + 1] = { "routes", rows } end
  forwarded(options, reached)
  cookie(whole, options, reached)
  add(options, "hsts", secure and secure.hsts)
  local answer
  for _, pool in ipairs(reached) do
    if answer and pool.idle and pool.idle ~= answer then
      model.part(pool.owners[1]:line_of("svrTimeout"),
        "-svrTimeout: one time holds for all servers of a listener", true)
    end
    answer = answer or pool.idle
  end
  add(options, "answer", (answer and answer > 0 and math.min(answer, 86400) or answer and 86400 or 360) .. "s")
  if v.kind == "cs vserver" then v:get("caseSensitive") end
  return options
end

local function source(l, reached, kind)
  for _, pool in ipairs(reached) do
    if pool.usip then
      local line = pool.owners[1]:line_of("usip")
      if kind.plugin == "tcp" or kind.plugin == "stun" then
        l.source = "transparent"
      else
        model.part(line, "-usip YES: servers see the gateway's address with the plugin " .. kind.plugin, true)
      end
    end
  end
end

-- The profiles of HTTP that are named, and what they ask for.
local function http_profiles(whole, v, reached)
  local owners = { v }
  for _, pool in ipairs(reached) do
    owners[#owners + 1] = pool.from ~= v and pool.from or nil
    table.move(pool.owners, 1, #pool.owners, #owners + 1, owners)
  end
  for _, o in ipairs(owners) do
    local name = o:get("httpProfileName")
    if name and not whole:find("ns httpProfile", name) and not name:lower():find("^nshttp_default") then
      model.part(o:line_of("httpProfileName"), "-httpProfileName " .. name .. ": not in this file", true)
    end
  end
end

-- ---- One virtual server ----

-- One that switches nothing: responder policies answer all that they take, as when clients are sent to https.  An
-- lb vserver without servers is down, and its policies are not asked.
local function answers_alone(whole, v)
  for _, b in ipairs(v.binds) do
    if not whole:peek("responder policy", b.options.policyname and b.options.policyname.values[1]) then return false end
  end
  return #v.binds > 0
end

-- Its own pool, or those that it switches between: what routes.of() gives, and all pools; nil, nil and why not.
local function targets(whole, v, kind)
  local reached, seen = {}, {}
  local function build(target)
    local pool, reason = pools.of(whole, target, kind, tls)
    if pool and not seen[pool] then
      seen[pool] = true
      reached[#reached + 1] = pool
      if target ~= v and target:option("cltTimeout") and target:get("cltTimeout") ~= v:get("cltTimeout") then
        model.part(target:line_of("cltTimeout"),
          "-cltTimeout: that of the content switching virtual server holds", false)
      end
    end
    return pool, reason
  end
  if v.kind == "lb vserver" then
    local pool, reason = build(v)
    if not pool then return nil, nil, reason end
    return { rows = {}, default = pool.name }, reached
  end
  if kind.plugin ~= "https" then
    return nil, nil, "content switching of the type " .. v.args.type .. " has no counterpart"
  end
  if answers_alone(whole, v) then return { rows = {} }, reached end
  local found = routes.of(whole, v, build)
  if not found then return nil, nil, #v.binds > 0 and "none of its targets is mapped" or "nothing is bound to it" end
  return found, reached
end

local function listener(whole, v)
  local kind, reason = kind_of(v)
  if not kind then return nil, reason end
  if v.options.ippattern then return nil, "a pattern of addresses: listeners name theirs" end
  local list
  list, reason = binds(whole, v, kind)
  if not list then return nil, reason end
  local found, reached, why = targets(whole, v, kind)
  local url = not found and kind.plugin == "https" and #v.binds == 0 and v.options.redirecturl and v:get("redirectURL")
  v.redirects = url and true or nil
  if url then found, reached = { rows = {}, switch = policies.away(whole, v, url) }, {} end
  if not found then return nil, why end
  local secure
  if kind.transport == "tls" then
    secure, reason = tls.of_listener(whole, v, kind.plugin == "https")
    if not secure then return nil, reason end
  end
  take(whole, v, list)
  local l = {
    name = whole:name(v.name), from = v, plugin = kind.plugin, bind = list, pool = found.default,
    tls = secure and secure.names, verify = secure and secure.verify,
  }
  l.idle = idle(v, kind, reached[1])
  if kind.plugin == "https" then http_profiles(whole, v, reached) end
  if kind.plugin == "https" then l.options = https_options(whole, v, reached, found.rows, secure) end
  l.policies = policies.of(whole, v, kind.plugin)
  l.policies[#l.policies + 1] = found.switch
  source(l, reached, kind)
  return l
end

-- What is bound to a virtual server that is not mapped is not mapped either.
local function refuse(v, reason)
  local traffic = not v.disabled
  model.unsupported(v.line, reason, traffic)
  for _, b in ipairs(v.binds) do
    if b.line.status ~= "not supported" then
      model.unsupported(b.line, v.kind .. " " .. v.name .. " is not mapped", traffic)
    end
  end
end

local function one(whole, v)
  whole:find(v.kind, v.name)
  local state = v:word("state")
  local l, reason = listener(whole, v)
  if l then
    l.disabled = state == "DISABLED" or v.disabled
    whole.listeners[#whole.listeners + 1] = l
  else
    whole.left_out[#whole.left_out + 1] = { from = v, reason = reason }
    refuse(v, reason)
  end
end

-- What is bound to a virtual server that is mapped, and nobody took.
local function tell_rest(v)
  for _, b in ipairs(v.binds) do
    if not b.line.status then
      model.unsupported(b.line, "a policy that is not there, or of a kind that has no counterpart at this place")
    end
  end
end

-- Those that only others lead to have no listener of their own, and what nobody leads to is not in use.
function listeners.build(whole)
  for _, kind in ipairs { "lb parameter", "ns param", "ns timeout", "ns httpParam" } do whole:find(kind, "") end
  whole:find("ns httpProfile", "nshttp_default_profile") -- of all that name no other
  for _, v in ipairs(whole.order) do
    local is_server = v.kind == "lb vserver" or v.kind == "cs vserver"
    if is_server and (is_addressable(v) or v.options.ippattern or v.options.targettype) then one(whole, v) end
  end
  for _, v in ipairs(whole:all("lb vserver")) do
    if v.refused and not v.redirects then refuse(v, v.refused) end
    if v.pool then tell_rest(v) end
  end
  for _, l in ipairs(whole.listeners) do tell_rest(l.from) end
end

return listeners
