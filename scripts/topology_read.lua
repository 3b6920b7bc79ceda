-- SPDX-License-Identifier: Apache-2.0
-- topology_read.lua: a topology document (what `xml` of the host gives) as plain tables.  It knows the elements and
-- attributes that public documents show; what else is there it leaves alone.
--
--   { domains = { NAME... }, sites = { ID = NAME }, urls = { { component =, host = }... }, pools = { pool... },
--     strays = { service... } }                        -- installed on no pool of the document
--   pool     { name =, site = ID, machines = { machine... }, twice = { NAME... }, services = { service... } }
--                                                    -- twice: machines whose name another one had
--   machine  { name =, addresses = { { side =, number =, address =, public = }... } }
--   service  { role =, version = number, element =, ports = { port... } }
--   port     { owner =, usage =, side =, number =, port =, range =, protocol =, outside =, name = }

local topology_ns = "^urn:schema:Microsoft%.Rtc%.Management%.Deploy%.Topology%.%d+$"
local builder_ns = "^urn:schema:Microsoft%.Rtc%.Management%.Deploy%.TopologyBuilder%.%d+$"
local url_ns = "^urn:schema:Microsoft%.Rtc%.Management%.Settings%.SimpleUrl%.%d+$"

-- ---- Elements ----

local function child(e, name)
  for _, c in ipairs(e or {}) do
    if c.name == name then return c end
  end
end

local function children(e, name)
  local list = {}
  for _, c in ipairs(e or {}) do
    if not name or c.name == name then list[#list + 1] = c end
  end
  return list
end

-- All elements of this name and namespace, wherever they are.
local function all(e, name, ns, list)
  if e.name == name and e.ns:find(ns) then list[#list + 1] = e end
  for _, c in ipairs(e) do all(c, name, ns, list) end
  return list
end

-- Of up to nine digits; nil: it is none.
local function integer(text)
  return text and text:find("^%d+$") and #text < 10 and math.tointeger(tonumber(text)) or nil
end

local function trimmed(text) return (text or ""):match("^%s*(.-)%s*$") end

-- Of a ClusterId: what Clusters and Services name a pool by.
local function key_of(id)
  return id and string.format("%s:%s", id.attributes.SiteId or "?", id.attributes.Number or "?")
end

-- ---- Pools ----

local function read_machine(e, cluster)
  local m = { name = (e.attributes.Fqdn or cluster.attributes.Fqdn or ""):lower(), addresses = {} }
  for _, i in ipairs(children(e, "NetInterface")) do
    local a = i.attributes
    m.addresses[#m.addresses + 1] = {
      side = a.InterfaceSide, number = integer(a.InterfaceNumber) or 1,
      address = a.IPAddress, public = a.ConfiguredIPAddress,
    }
  end
  return m
end

local function read_pool(e)
  local id = child(e, "ClusterId")
  local name = (e.attributes.Fqdn or ""):lower()
  local pool = { name = name, site = id and id.attributes.SiteId, machines = {}, twice = {}, services = {} }
  local seen = {}
  for _, m in ipairs(children(e, "Machine")) do
    local machine = read_machine(m, e)
    local list = seen[machine.name] and pool.twice or pool.machines
    list[#list + 1] = seen[machine.name] and machine.name or machine
    seen[machine.name] = true
  end
  return pool, key_of(id)
end

-- And by ClusterId; or nil and the reason.
local function read_pools(root)
  local list, by_key = {}, {}
  for _, e in ipairs(children(child(root, "Clusters"), "Cluster")) do
    local pool, key = read_pool(e)
    list[#list + 1] = pool
    if key and by_key[key] then
      return nil, string.format("two pools have the ClusterId %s: %s and %s", key, by_key[key].name, pool.name)
    end
    if key then by_key[key] = pool end
  end
  if #list == 0 then return nil, "its topology has no pools" end
  return list, by_key
end

-- ---- Services ----

local function read_port(e)
  local a = e.attributes
  return {
    owner = (a.Owner or ""):gsub("^urn:component:", ""), usage = a.Usage or "", side = a.InterfaceSide or "",
    number = integer(a.InterfaceNumber) or 1, port = integer(a.Port), range = integer(a.Range),
    protocol = a.Protocol or "", outside = integer(a.ConfiguredPort), name = a.ConfiguredFqdn,
  }
end

local function read_service(e)
  local id = child(e, "ServiceId")
  local role, version = id and id.attributes.RoleName or "?", integer(e.attributes.ServiceVersion)
  local s = { role = role, version = version, element = e, ports = {} }
  for _, p in ipairs(children(child(e, "Ports"), "Port")) do s.ports[#s.ports + 1] = read_port(p) end
  return s
end

-- The pool of a service, directly or through its SQL instance.
local function place_of(e, by_key)
  local on = child(e, "InstalledOn")
  local id = child(on, "ClusterId") or child(child(on, "SqlInstanceId"), "ClusterId")
  return id and by_key[key_of(id)]
end

local function read_services(root, by_key)
  local strays = {}
  for _, e in ipairs(children(child(root, "Services"), "Service")) do
    local place = place_of(e, by_key)
    local list = place and place.services or strays
    list[#list + 1] = read_service(e)
  end
  return strays
end

-- ---- The rest ----

local function read_domains(root)
  local list = {}
  for _, e in ipairs(children(child(root, "InternalDomains"), "InternalDomain")) do
    if e.attributes.Name then list[#list + 1] = e.attributes.Name:lower() end
  end
  return list
end

-- Central sites, and whatever else is a site there.
local function read_sites(root)
  local sites = {}
  for _, e in ipairs(children(child(root, "Sites"))) do
    local id, name = e.attributes.SiteId, child(e, "Name")
    if id then sites[id] = trimmed(name and name.text) end
  end
  return sites
end

local function read_urls(document)
  local list = {}
  for _, e in ipairs(all(document, "SimpleUrl", url_ns, {})) do
    local host = (e.attributes.ActiveUrl or ""):lower():match("^https://([^/:]+)")
    if host then list[#list + 1] = { component = e.attributes.Component or "?", host = host } end
  end
  return list
end

local function find_root(document)
  local found = all(document, "Topology", topology_ns, {})
  if #found == 1 then return found[1] end
  if #found > 1 then
    return nil, string.format("it holds %d topologies; give the one of Get-CsTopology -AsXml", #found)
  end
  if document.ns:find(builder_ns) then
    return nil, "it is a file of Topology Builder, which may differ from what is published; give what Get-CsTopology "
      .. "-AsXml prints"
  end
  return nil, string.format("no topology is in it: it begins with <%s> of \"%s\"", document.name, document.ns)
end

-- The topology, or nil and the reason.
return function(document)
  local root, reason = find_root(document)
  if not root then return nil, reason end
  local pools, by_key = read_pools(root)
  if not pools then return nil, by_key end
  local strays = read_services(root, by_key)
  return {
    domains = read_domains(root), sites = read_sites(root), urls = read_urls(document), pools = pools, strays = strays,
  }
end
