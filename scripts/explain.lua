-- SPDX-License-Identifier: Apache-2.0
-- explain.lua: lychgate --explain: what a configuration opens, one line for each address, each port and each pool that
-- its traffic can go to.

local context = use "context"
local tool = use "tool"

local titles = { "LISTENER", "BIND", "ROUTE", "POOL", "SERVER PORT", "PLUGIN", "PERSISTENCE", "MONITOR", "POLICIES",
  "MADE BY" }

local function by_name(list)
  local all = {}
  for _, word in ipairs(list) do all[word.name] = word end
  return all
end

local function ports_of(pool)
  local list, seen = {}, {}
  for _, s in ipairs(pool.servers) do
    if not seen[s.port] then list[#list + 1] = tostring(s.port) end
    seen[s.port] = true
  end
  return table.concat(list, " ")
end

local function persistence_of(pool, plugins, plugin)
  local p = pool.persistence
  if p.off then return "none" end
  local by = p.by and table.concat(p.by, " ") or plugins(plugin)
  if not by then return "none" end
  return by .. " " .. tool.time(p.timeout) .. (p.group and " group " .. p.group or "")
end

local function monitor_of(pool)
  local m = pool.monitor
  if not m then return "none" end
  if m.track then return "as " .. m.track end
  local what = m.plugin and m.plugin .. "/" .. m.transport or "connect"
  return (m.port and what .. ":" .. m.port or what) .. " " .. tool.time(m.interval)
end

local function policies_of(l)
  local list = {}
  for i, p in ipairs(l.policies) do list[i] = p.name end
  return table.concat(list, " ")
end

-- What leads from the listener to its pools: { route as text, pool }.  What only policies lead to has their mark.
local function ways(l)
  local list, seen = {}, {}
  local function add(text, pool)
    seen[pool] = true
    list[#list + 1] = { text, pool }
  end
  for _, r in ipairs(l.routes) do
    local when = {}
    for i, w in ipairs(r.when) do when[i] = w.fact .. " " .. w.pattern end
    add(table.concat(when, ", "), r.pool)
  end
  if l.pool then add(#list > 0 and "else" or "", l.pool) end
  for _, pool in ipairs(l.reach) do
    if not seen[pool] then add("by policy", pool) end
  end
  if #list == 0 then list[1] = { "", nil } end
  return list
end

return function(host, arguments)
  local clean = tool.load(host, arguments[1])
  if not clean then return 1 end
  local pools, rows = by_name(clean.pool), { titles }
  local function default_fact(name)
    local p = host.plugin(name, context.join(clean.gateway.plugin_path, { host.plugins }))
    return p and p.persistence
  end
  for _, l in ipairs(clean.listener) do
    for _, b in ipairs(l.bind) do
      for _, way in ipairs(ways(l)) do
        local pool = pools[way[2]]
        local of_pool = pool
          and { pool.name, ports_of(pool), persistence_of(pool, default_fact, l.plugin), monitor_of(pool) }
        local name, ports, persistence, monitor = table.unpack(of_pool or { "", "", "", "" })
        rows[#rows + 1] = { l.name, b.transport .. ":" .. b.text, way[1], name, ports, l.plugin, persistence, monitor,
          policies_of(l), l._by }
      end
    end
  end
  tool.write(host, rows, arguments[2])
  return 0
end
