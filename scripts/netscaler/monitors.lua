-- SPDX-License-Identifier: Apache-2.0
-- monitors.lua: the `monitor` of a pool, of the monitors that are bound to its services.  One monitor can be had; what
-- cannot be asked in the same way is not asked otherwise: then the servers count as up, and the report says so.

local model = use "netscaler/model"

local monitors = {}

local factors = { SEC = 1000, MSEC = 1, MIN = 60000 }

-- A time with its unit, as lychgate writes it; "2", "500 MSEC", "1 MIN".  `most` is in seconds.
local function time(o, name, most)
  local option = o:option(name)
  local values = option and option.values or { o:get(name) }
  local number, unit = tonumber(values[1]), factors[(values[2] or "SEC"):upper()]
  if not number or not unit then
    model.part(o:line_of(name),
      string.format("-%s %s: not a time that is known here", name, table.concat(values, " ")), true)
    return nil
  end
  local ms = o:bounded(name, math.tointeger(math.floor(math.min(number * unit, 1e9))), most * 1000, " ms")
  if ms < 100 then
    model.part(o:line_of(name), string.format("-%s: 100 ms is the least that is possible here", name), true)
    ms = 100
  end
  if ms % 60000 == 0 and ms > 60000 then return string.format("%dm", ms // 60000) end
  return ms % 1000 == 0 and string.format("%ds", ms // 1000) or string.format("%dms", ms)
end

local function set(m, key, value)
  if value ~= nil then m[#m + 1] = { key, value } end
end

-- ---- What each type asks ----

local ask = {}

function ask.TCP(_, m) return m end
ask["TCP-DEFAULT"] = ask.TCP

ask["TCP-ECV"] = function(o, m)
  if o.options.send or o.options.recv then return nil, "text that is sent or expected over TCP (-send, -recv)" end
  return m
end

-- The method and the path of "GET /path", and the lines of the head behind it, if any.
local function request(text)
  local line, head = text:gsub("\\r", ""):gsub("\\n", "\n"):match("^([^\r\n]*)\r?\n?(.*)$")
  local method, path = line:match("^(%u+) +(/%S*) *$")
  if not method then method, path = line:match("^(%u+) +(/%S*) +HTTP/1%.[01] *$") end
  if method == "GET" or method == "HEAD" then return method, path, head end
end

-- The Host of a head's lines; of others it is told that they are not sent.
local function host_of(o, option, head)
  local host
  for line in head:gsub("\\r", ""):gsub("\\n", "\n"):gmatch("[^\r\n]+") do
    local own = line:match("^[Hh]ost: *([%w.:%-]+) *$")
    host = host or own
    if not own and not line:lower():find("^connection: *close *$") then
      model.part(o:line_of(option), "-" .. option .. ": of headers only Host can be sent", true)
    end
  end
  return host
end

local function ask_path(o, m, option, default)
  local method, path, head = request(o:get(option) or default)
  if not method then
    return nil, string.format("a request that is not GET or HEAD of a path: %s", o:get(option) or default)
  end
  set(m, "plugin", "https")
  set(m, "transport", o:is_on("secure") and "tls" or "tcp")
  set(m, "method", method)
  set(m, "path", path)
  set(m, "host", host_of(o, option, head) or host_of(o, "customHeaders", o:get("customHeaders") or ""))
  return m
end

local function codes(o)
  local option = o:option("respCode")
  for _, value in ipairs(option and option.values or {}) do
    if not value:find("^[1-6]%d%d$") and not value:find("^[1-6]%d%d%-[1-6]%d%d$") then
      model.part(o:line_of("respCode"), "-respCode " .. value .. ": not a code of an answer", true)
      return nil
    end
  end
  return option and table.concat(option.values, ", ")
end

function ask.HTTP(o, m)
  local done, reason = ask_path(o, m, "httpRequest", "HEAD /")
  if done then set(m, "codes", codes(o) or "200") end
  return done, reason
end

ask["HTTP-ECV"] = function(o, m)
  local done, reason = ask_path(o, m, "send", "GET /")
  local text = o:get("recv")
  if done and text and text:find("%c") then return nil, "an expected text with control characters" end
  if done and text and text ~= "" then
    set(m, "contains", text)
    model.part(o:line_of("recv"), "-recv: is looked for in the body, not in the head", false)
  end
  return done, reason
end

local function sip(transport)
  return function(o, m)
    if o:word("sipMethod") ~= "OPTIONS" then
      return nil, "a probe by " .. o:word("sipMethod") .. ": only OPTIONS is sent"
    end
    set(m, "plugin", "sip")
    set(m, "transport", transport == "tcp" and o:is_on("secure") and "tls" or transport)
    local uri = o:get("sipURI")
    set(m, "uri", uri)
    set(m, "codes", codes(o) or "200")
    set(m, "max_forwards", o:within("maxForwards", 0, 255))
    return m
  end
end

ask["SIP-UDP"], ask["SIP-TCP"] = sip("udp"), sip("tcp")

-- A datagram that the host does not refuse says nothing of the service; of a STUN server a binding can be asked.
local STUN = 3478

local function stun(o, m, port)
  if (o:number("destPort") or port) ~= STUN then return nil end
  o:option("send")
  set(m, "plugin", "stun")
  model.part(o.line, "a binding is asked of port 3478, where NetScaler only sees whether the datagram is refused: "
    .. "see that the servers answer it", true)
  return m
end

function ask.UDP(o, m, port)
  local done = stun(o, m, port)
  if done then return done end
  return nil, "a datagram that nothing refuses; only STUN is asked over UDP, on port 3478"
end

local reasons = {
  PING = "ping: lychgate asks by a protocol of the service", ARP = "an answer on the wire, not of the service",
  ["UDP-ECV"] = "text that is sent or expected over UDP; a STUN server can be asked by { plugin = \"stun\" }",
}

-- ---- A monitor ----

local function timing(o, m)
  set(m, "interval", time(o, "interval", 3600))
  set(m, "timeout", time(o, "resptimeout", 600))
  set(m, "fall", o:within("retries", 1, 100))
  set(m, "rise", o:within("successRetries", 1, 100))
  set(m, "backoff", time(o, "downTime", 86400))
  if o:is_on("reverse") then set(m, "reverse", true) end
end

local function build(o, own_port)
  local kind = o.args.type:upper()
  local asks = ask[kind]
  if not asks then return nil, reasons[kind] or ("a monitor of the type " .. o.args.type) end
  local m = { comment = string.format("lb monitor %s, line %d", o.name, o.line.number) }
  local done, reason = asks(o, m, own_port)
  if not done then return nil, reason end
  local port = o:within("destPort", 0, 65535)
  if port and port > 0 then set(m, "port", port) end
  timing(o, m)
  return m
end

-- What is asked when nothing is bound: tcp-default, which ns.conf does not write out.
local function tcp_default()
  return {
    comment = "NetScaler's tcp-default",
    { "interval", "5s" }, { "timeout", "2s" }, { "fall", 3 }, { "rise", 1 }, { "backoff", "30s" },
  }
end

-- The same of UDP: ping-default, which is asked as STUN where that is spoken, or not at all.
local function udp_default(line, port)
  if port ~= STUN then
    model.part(line, "its servers count as up: NetScaler would ping them", true)
    return false
  end
  model.part(line, "a binding is asked of its servers, which NetScaler would ping: see that they answer it", true)
  return { comment = "for NetScaler's ping-default", { "plugin", "stun" }, table.unpack(tcp_default()) }
end

-- By the name of a binding: a monitor of the file, or one that every appliance has; nil and why it cannot be asked.
local function of_binding(whole, b, port)
  local name = b:get("monitorName")
  local o = whole:find("lb monitor", name)
  if o then return build(o, port) end
  local known = name:lower():gsub("%-default$", "")
  if known == "tcp" then return tcp_default() end
  return nil, known == "ping" and reasons.PING or "there is no lb monitor " .. name
end

-- Does the binding take part?  What rests is told as mapped: nothing asks it there either.
local function is_asked(whole, b)
  if not b.options.monitorname then return false end
  local o = whole:peek("lb monitor", b:get("monitorName"))
  local rests = b:word("monState") == "DISABLED" or o and (o:word("state") == "DISABLED" or o.disabled)
  if rests and o then whole:find("lb monitor", o.name) end
  model.mapped(b.line)
  return not rests
end

-- The bindings to ask for, over all owners, whether an owner wants none, and the owners that leave it to the appliance.
local function bindings(whole, owners)
  local list, off, without = {}, false, {}
  for _, owner in ipairs(owners) do
    local silent = owner:word("healthMonitor") == "NO"
    off = off or silent
    local before = #list
    for _, b in ipairs(owner.binds) do
      if silent and b.options.monitorname then
        model.none(b.line, "health is not asked for: -healthMonitor NO")
      elseif is_asked(whole, b) then
        list[#list + 1] = b
      end
    end
    if not silent and #list == before then without[#without + 1] = owner end
  end
  return list, off, without
end

local function refuse(whole, b, reason)
  local o = whole:peek("lb monitor", b:get("monitorName"))
  local why = "not asked, and the servers count as up: " .. reason
  model.part(b.line, why, true)
  if o then model.unsupported(o.line, why) end
end

-- The monitor of a pool whose members are the services or the groups `owners`, and false when none can be asked.
-- `port`: of its servers; `line`: of its virtual server.
function monitors.of(whole, owners, udp, port, line)
  local list, off, without = bindings(whole, owners)
  local first = list[1]
  if not first and off then return false end
  if not first and udp then return udp_default(line, port) end
  if not first then return tcp_default() end
  local chosen, reason = of_binding(whole, first, port)
  for i, b in ipairs(list) do
    local name = b:get("monitorName")
    local weight = b:get("weight")
    if weight and weight ~= "1" then model.part(b.line, "-weight: how much a monitor counts", true) end
    if not chosen then
      refuse(whole, b, i == 1 and reason or "a pool has one monitor, and the first cannot be asked")
    elseif name:lower() ~= first:get("monitorName"):lower() then
      model.part(b.line, "a pool has one monitor: it has " .. first:get("monitorName"), true)
    end
  end
  for _, owner in ipairs(without) do
    model.part(owner.line, "no monitor is bound to it: it is asked as the others of its virtual server", true)
  end
  if off then
    model.part(first.line, "-healthMonitor differs between services of one virtual server: all are asked", true)
  end
  return chosen or false
end

return monitors
