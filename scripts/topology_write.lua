-- SPDX-License-Identifier: Apache-2.0
-- topology_write.lua: a topology (topology_read.lua) as a configuration in the words of `include "lync"`, and a report:
-- what was taken over, what is left to fill in, what was left out, and what was not taken over although it carries
-- traffic.

local pools = use "topology_pools"
local reverse_proxy = use "topology_proxy"
local services = use "topology_services"
local text = use "topology_text"

local versions = { [5] = "2010", [6] = "2013", [7] = "2015", [8] = "2019" }

local function version(w)
  local lowest, seen = nil, {}
  for _, pool in ipairs(w.topology.pools) do
    local s = services.of(pool, "Registrar") or services.of(pool, "EdgeServer")
    if s and s.version then
      seen.several = seen.several or lowest and s.version ~= lowest
      if not lowest or s.version < lowest then lowest = s.version end
    end
  end
  local name = versions[lowest]
  w:line(0, "lync.version %s", name and text.quoted(name) or text.fill("2010, 2013, 2015 or 2019"))
  if not name then
    return w:note("fill", "version", "the document says %s, which no published document explains", lowest or "none")
  end
  w:note("taken", "version", "%s (ServiceVersion %d)%s", name, lowest,
    seen.several and ", the oldest of the deployment, with the TLS that it needs" or "")
end

local unwritten = {
  survivable = "a survivable branch appliance or server: one machine, which its clients find by themselves",
}

local function roles_of(pool)
  local names = {}
  for _, s in ipairs(pool.services) do names[#names + 1] = s.role end
  return names
end

local order = { "front_end", "director", "edge", "mediation", "web_apps", "persistent_chat" }

-- What no word takes: databases and file shares carry nothing that a gateway sees; another role might.
local function note_rest(w, pool, kind)
  if unwritten[kind] then return w:note("out", pool.name, "%s", unwritten[kind]) end
  local roles = roles_of(pool)
  if #roles == 0 then
    return w:note("out", pool.name, "nothing is installed on it (a trusted application, a gateway or a share)")
  end
  for _, role in ipairs(roles) do
    local store = role:find("Store$") or role == "CentralMgmt" or role == "ManagementServices"
    if store then
      w:note("out", pool.name, "%s: no traffic of clients", role)
    elseif role:find("Gateway$") then
      w:note("out", pool.name, "%s: a gateway stands alone", role)
    else
      w:note("lost", pool.name, "%s: no word knows this role", role)
    end
  end
end

-- Why a pool that has traffic cannot be written; nil: it can.
local function fault_of(pool, kind, seen)
  if pool.name == "" then return "it has no name (Fqdn)" end
  if seen[pool.name] then return "the document has two pools of this name; the first one is written" end
  if #pool.machines == 0 and kind ~= "web_apps" then return "it has no machines" end
end

local function by_kind(w)
  local kinds, seen = {}, {}
  for _, pool in ipairs(w.topology.pools) do
    local kind = services.kind_of(pool)
    local fault = pools[kind] and fault_of(pool, kind, seen)
    if fault then
      w:note("lost", pool.name ~= "" and pool.name or "a pool", "%s", fault)
    elseif pools[kind] then
      kinds[kind] = kinds[kind] or {}
      table.insert(kinds[kind], pool)
      seen[pool.name] = true
    else
      note_rest(w, pool, kind)
    end
  end
  return kinds
end

local function head(w)
  w:line(0, "-- Made by lychctl import-topology.  Places that begin with FILL IN are what the topology does not "
    .. "tell: the")
  w:line(0, "-- gateway refuses the file until they are filled in.  NOT TAKEN OVER marks what carries traffic and is "
    .. "left to do.")
  w:line(0, 'include "lync"')
  version(w)
  if #w.topology.domains > 0 then
    w:line(0, "lync.domains { %s }", text.list_of(w.topology.domains))
    w:note("taken", "domains", "%s", table.concat(w.topology.domains, ", "))
  end
end

-- The configuration's text, and the report, a list of { kind =, of =, text = }: "taken", "fill" (in), (left) "out",
-- (in) "part", "lost": not taken over.
return function(topology)
  local w, web = text.new(topology), {}
  head(w)
  local kinds = by_kind(w)
  for _, kind in ipairs(order) do
    for _, pool in ipairs(kinds[kind] or {}) do
      pools[kind](w, pool)
      if kind == "front_end" or kind == "director" then web[#web + 1] = { pool = pool, kind = kind } end
    end
  end
  reverse_proxy(w, web)
  for _, s in ipairs(topology.strays) do
    w:note("lost", s.role, "the document does not tell on which pool it is installed")
  end
  return table.concat(w.out, "\n") .. "\n", w.lines
end
