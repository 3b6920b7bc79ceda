-- SPDX-License-Identifier: Apache-2.0
-- pool.lua: what makes a pool beyond its keys' types: servers' addresses and names, what its monitor speaks.

local address = use "address"
local check = use "check"
local options = use "options"

local addresses_default, servers_max = 8, 256
local backoff_most = 60 * 1000

-- { host (as written), address (numeric; of a name nil), v6, port, weight, backup, name, id, addresses (of a name) }
function check.types.server(c, v, spec, at)
  local where = type(v) == "table" and at:key(1) or at
  local given = type(v) == "string" and { v } or v
  local s = check.types.table(c, given, spec, at)
  if not s or not s[1] then return nil end
  local host, port, brackets = address.split(s[1])
  if not host then return c:problem(where, check.show(s[1]) .. " is not an address", port) end
  local numeric, v6 = address.numeric(c, host, brackets, where)
  if numeric and s.addresses then
    return c:problem(at:key("addresses"), "is for names: " .. check.show(s[1]) .. " is an address")
  end
  if port then
    if s.port then return c:problem(at:key("port"), "is given twice, here and in " .. check.show(s[1])) end
    port = address.port(c, port, where)
    if not port then return nil end
  end
  if numeric == nil then return nil end
  s[1] = nil
  s._port_told = given.port ~= nil and not s.port
  s.host, s.address, s.v6, s.port, s._at = numeric or host, numeric or nil, v6, port or s.port, at
  s.addresses = not numeric and (s.addresses or addresses_default) or nil
  return s
end

-- Fills in what the pool says for all its servers.  `_port_told`: a port was given, and what is wrong with it was told.
local function finish_server(c, s, pool)
  s.port = s.port or pool.port
  if not s.port then
    if s._port_told or pool._port_told then return nil end
    return c:problem(s._at, "has no port", "give the pool a `port`, or write \"" .. s.host .. ":PORT\"")
  end
  s.max_sessions = s.max_sessions or pool.max_sessions
  local written = address.join(s.host, s.v6, s.port)
  s.id = s.id or s.name or written
  s.tls_name = s.name or pool.tls_name or s.host
  s.name = s.name or written
end

-- The pools of a group are the same machines at other ports: there a server is known by its address, unless another one
-- of the pool has that, too.
local function group_ids(pool)
  local count = {}
  for _, s in ipairs(pool.servers) do count[s.host] = (count[s.host] or 0) + 1 end
  for _, s in ipairs(pool.servers) do
    if count[s.host] == 1 then s.id = s.id or s.name or s.host end
  end
end

local function share_a_server(a, b)
  local ids = {}
  for _, s in ipairs(a.servers) do ids[s.id or false] = true end
  for _, s in ipairs(b.servers) do
    if ids[s.id] then return true end
  end
  return #a.servers == 0 or #b.servers == 0
end

-- Pools of one group that have no server in common have nothing to share.
local function check_group(c, pools, pool)
  local group = pool.persistence.group
  local others, common = 0, false
  for _, other in ipairs(pools) do
    if group and other ~= pool and other.persistence.group == group then
      others, common = others + 1, common or share_a_server(pool, other)
    end
  end
  if others > 0 and not common then
    c:warn(pool._at:key("persistence"), string.format(
      "no server of pool \"%s\" is in another pool of the group \"%s\": what is remembered there does not count here",
      pool.name, group), "give the same `id` to what is the same machine")
  end
end

local function check_mask(c, persistence, at)
  local mask, by = persistence.mask, persistence.by
  if not mask then return end
  if mask[1] and mask[1] > 32 then
    c:problem(at:key("mask"), mask[1] .. " is more than the 32 bits of an IPv4 address",
      "IPv4 comes first: mask = { 24, 64 }")
  end
  for _, fact in ipairs(by or { "source" }) do
    if fact == "source" then return end
  end
  c:problem(at:key("mask"), "is of no use: `by` does not say \"source\"")
end

-- Names count as often as they may have addresses.
local function check_number(c, servers, at)
  local n = 0
  for _, s in ipairs(servers) do n = n + (s.addresses or 1) end
  if n <= servers_max then return end
  c:problem(at:key("servers"), string.format("%d servers, but a pool has at most %d", n, servers_max),
    "a name counts as its `addresses`, which are " .. addresses_default .. " unless it says otherwise")
end

-- Whether no two servers have the same name, or id.
local function unique(c, servers, key)
  local seen, count = {}, #c.problems
  for _, s in ipairs(servers) do
    local other = s[key] and seen[s[key]]
    if other then
      local text = "has the same %s as the server on line %d: %s"
      c:problem(s._at, string.format(text, key, other._at.line, check.show(s[key])),
        "give one of them a `" .. key .. "` of its own")
    elseif s[key] then
      seen[s[key]] = s
    end
  end
  return #c.problems == count
end

-- The other pool's monitor asks: all the other keys would say how.
local function tracking_monitor(c, v, at)
  for _, key in ipairs(check.sorted(v)) do
    if key ~= "track" then
      c:problem(at:key(key), "is of no use beside `track`", "the tracked pool's monitor is the one that asks")
    end
  end
  local track = check.types.word(c, v.track, { word = "pool" }, at:key("track"))
  return track and { track = track, _at = at }
end

-- The keys that are not the monitor's own are its plugin's.
function check.types.monitor(c, v, spec, at)
  if v == false then return false end
  if type(v) ~= "table" then return check.types.table(c, v, spec, at) end
  if v.track ~= nil then return not c:is_unknown(v.track) and tracking_monitor(c, v, at) or nil end
  local name = v.plugin
  if name == nil then name = "tcp" end
  local plugin = type(name) == "string" and name ~= "tcp" and c:plugin(name, at:key("plugin"))
  local asked = {}
  local m = check.keys(c, v, spec.keys, at, function(key, value)
    if plugin then
      asked[#asked + 1] = options.one(c, plugin, "probe_options", key, value, at, check.names(spec.keys))
    elseif name == "tcp" then
      check.unknown_key(c, key, check.names(spec.keys), at, options.elsewhere(c, "probe_options", key))
    end
  end)
  m.options, m._plugin, m._at = asked, plugin or nil, at
  if m.plugin == "tcp" then m.plugin = nil end
  return m
end

-- Without one of them a link goes as its client came.
local function check_transport(c, pool)
  local list = pool.transport or {}
  pool.transport = list
  if list[1] and list[1] == list[2] then
    c:problem(pool._at:key("transport"), "has " .. check.show(list[1]) .. " twice")
  elseif #list == 1 and list[1] == "udp" and pool.tls then
    c:problem(pool._at:key("transport"), "\"udp\" alone, but `tls` is for streams: nothing would go inside it",
      'write { "udp", "tcp" }, or leave `tls` out')
  end
end

local function only_udp(pool)
  return #pool.transport == 1 and pool.transport[1] == "udp"
end

local function finish_bare_monitor(c, m, pool)
  if m.transport == "udp" then
    c:problem(m._at:key("transport"), "nothing connects over udp", "name the plugin whose probe is to ask")
  elseif m.tls or m.transport == "tls" then
    c:problem(m._at:key(m.tls and "tls" or "transport"), "a bare connect does not speak TLS",
      "leave it out, or name the plugin whose probe is to go inside TLS")
  end
  m.transport, m.tls = "tcp", nil
  if only_udp(pool) then
    c:warn(m._at, "a bare connect over tcp cannot judge servers that are reached over udp",
      "name the plugin whose probe is to ask: monitor = { plugin = \"NAME\" }, or write monitor = false")
  end
end

-- What a probe goes over when the monitor is silent.
local function default_transport(m, pool)
  local can = m._plugin and m._plugin.transports or { tcp = true }
  if m.tls then return "tls" end
  if can.udp and (not can.tcp and not can.tls or pool.transport[1] == "udp") then return "udp" end
  local own_port = m.port and m.port ~= pool.port
  return not own_port and pool.tls and "tls" or "tcp"
end

local function finish_monitor(c, m, pool)
  if not m or m.track then return end
  m.backoff = m.backoff or m.interval and math.min(8 * m.interval, backoff_most)
  if not m.plugin then return finish_bare_monitor(c, m, pool) end
  if m.transport == "tcp" and m.tls then
    c:problem(m._at:key("tls"), "is not used with transport \"tcp\"", "leave one of the two out")
  end
  m.transport = m.transport or default_transport(m, pool)
  if m.transport == "tls" and not m.tls and not pool.tls then
    c:problem(m._at, "has transport \"tls\", but neither it nor the pool has `tls`")
  end
  if m._plugin and not m._plugin.transports[m.transport] then
    c:problem(m._at:key("plugin"), string.format("plugin `%s` does not go over %s", m.plugin, m.transport))
  end
end

-- Whether the tracked pool has the address of `s`; told at `at`, or where `s` is.  With a name on either side only time
-- will tell.
local function counterpart(c, s, other, at)
  if not s.address then return nil end
  local found, names
  for _, o in ipairs(other.servers) do
    if o.address == s.address and found then
      return c:problem(at or s._at, string.format("pool \"%s\" has %s twice: which one it is to track is not clear",
        other.name, s.address))
    end
    found = o.address == s.address and o or found
    names = names or not o.address
  end
  if found or names then return end
  if at then
    return c:problem(at,
      string.format("has no server with the address %s, but pools track it that have one", s.address),
      "change `servers` where they are described")
  end
  local text = "pool \"%s\", which it is to track, has no server with the address %s"
  c:problem(s._at, string.format(text, other.name, s.address), "leave it out, or give the pool a monitor of its own")
end

-- The key of the tracked pool, if a word laid over it has it, and the one that tracks is as the library made it: that
-- is where the mistake is.
local function laid_over(pool, other, key)
  local at = other._by ~= pool._by and pool._by ~= "pool" and other._at:key(key)
  return at and at.line ~= pool._at:key(key).line and at or nil
end

-- With all pools there: whom the servers of this one follow.
local function check_track(c, pool)
  local name = pool.monitor and pool.monitor.track
  local other = name and c:clean("pool", name)
  if not other or other.bad then return end
  local at = pool.monitor._at:key("track")
  if other == pool then
    c:problem(at, "the pool cannot track itself")
  elseif other.monitor == false then
    local over = laid_over(pool, other, "monitor")
    c:problem(over or at, over and "false, but there are pools that track it"
      or string.format("nobody asks the servers of pool \"%s\": it has monitor = false", name),
      over and "they need its monitor, or a word of their own that gives them another"
      or "give it a monitor, or write monitor = false here too")
  elseif other.monitor and other.monitor.track then
    c:problem(at, string.format("pool \"%s\" is not asked, it tracks \"%s\"", name, other.monitor.track),
      "name the pool whose servers are asked")
  else
    local over = laid_over(pool, other, "servers")
    for _, s in ipairs(pool.servers) do counterpart(c, s, other, over) end
  end
end

-- What a file of a word gives: `build`, and `link` for what needs all words of the kind.
local pool = {}

function pool.link(c, pools)
  for _, p in ipairs(pools) do
    check_track(c, p)
    check_group(c, pools, p)
  end
end

-- A pool as config.c reads it.
function pool.build(c, name, value, keys, at)
  local p = check.types.table(c, value, { keys = keys }, at)
  if not p then return nil end
  p.name, p.line, p._at = name, at.line, at
  p.servers = p.servers or {}
  p._port_told = value.port ~= nil and not p.port
  if p.persistence and p.persistence.group then group_ids(p) end
  if p.persistence then check_mask(c, p.persistence, at:key("persistence")) end
  for _, s in ipairs(p.servers) do finish_server(c, s, p) end
  check_number(c, p.servers, at)
  if unique(c, p.servers, "name") then unique(c, p.servers, "id") end
  check_transport(c, p)
  finish_monitor(c, p.monitor, p)
  local persistence = p.persistence
  p.persistence = persistence or { off = true }
  p.persistence.scope = persistence and persistence.group or name
  return p
end

return pool
