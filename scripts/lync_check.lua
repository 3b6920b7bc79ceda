-- SPDX-License-Identifier: Apache-2.0
-- lync_check.lua: mistakes that only the whole topology shows: names and addresses that meet another word's, and what
-- was written but can have no effect.  It looks at the model that lync.lua has built, and makes nothing.

local check = use "check"
local ports = use "lync_ports"

local function contains(list, v)
  for _, member in ipairs(list or {}) do
    if member == v then return true end
  end
  return false
end

-- ---- Servers ----

-- The addresses where the gateway itself listens, each with the line that has it.
local function own_addresses(model)
  local lines = {}
  for _, pool in ipairs(model.pools) do
    for _, side in ipairs(pool.sides) do
      if side.vip then lines[side.vip] = side.keys.vip.line end
    end
  end
  for _, site in ipairs(model.sites) do lines[site.vip] = site.at:key("vip").line end
  return lines
end

-- A server that is this gateway would be asked in a circle.
local function check_circles(c, model)
  local own = own_addresses(model)
  for _, pool in ipairs(model.pools) do
    for _, side in ipairs(pool.sides) do
      for _, s in ipairs(side.servers) do
        local line = own[s.value[1]]
        if line then
          c:problem(s.at, string.format("%s is the gateway's own: line %d has it as vip", s.value[1], line),
            "name the server's address")
        end
      end
    end
  end
end

-- One name, one address; outside an Edge each service may have its own.
local function check_names(c, model)
  local seen = {}
  for _, pool in ipairs(model.pools) do
    for _, s in ipairs(pool.inside and pool.inside.servers or {}) do
      local other = s.name and seen[s.name]
      if other and other.value[1] ~= s.value[1] then
        c:problem(s.at, string.format("has another address on line %d: %s", other.at.line, tostring(other.value[1])),
          "a server has one name, and one address inside")
      end
      seen[s.name or false] = other or s
    end
  end
end

-- ---- Keys that can have no effect ----

local function has_port(pool, port)
  for _, row in ipairs(ports) do
    if row.role == pool.role and row.port == port and (not row.rules or row.rules == pool.rules) then return true end
  end
  return false
end

local function check_without(c, pool)
  for i, port in ipairs(pool.written.without or {}) do
    if not has_port(pool, port) then
      c:problem(pool.at:key("without"):key(i), port .. " is none of the pool's ports", "lychgate-lync(7) lists them")
    end
  end
end

local function check_web_names(c, pool)
  local side = pool.inside
  for i, name in ipairs(side and side.web_names or {}) do
    if name:lower() == pool.name:lower() then
      c:problem(side.keys.web_names:key(i), "is the name of the pool, which its web services inside have",
        "name the external web services: they have a name of their own")
    end
  end
end

local function check_edge(c, pool)
  local v = pool.written
  if not v.internal and not v.external then
    c:problem(pool.at, "has neither `internal` nor `external`", "at least one of the two is balanced here")
  elseif v.external and not (v.external.access or v.external.webconf or v.external.av) then
    c:problem(pool.at:key("external"), "has none of `access`, `webconf` and `av`", "write access = { vip = ... }")
  end
end

local function is_published(model, pool)
  for _, site in ipairs(model.sites) do
    if site.to == pool.name then return true end
  end
  return false
end

local function check_use(c, model, pool)
  local v, at = pool.written, pool.at
  local sip, sip_at = v.internal or v, v.internal and at:key("internal") or at
  if sip.certificate and sip.sip == "source" then
    c:warn(sip_at:key("certificate"), 'is of no use: with sip = "source" nothing is decrypted on 5061',
      "leave one of the two out")
  end
  if v.cookies and not v.web_certificate then
    c:problem(at:key("cookies"), "is of no use without `web_certificate`", "what is not decrypted has no cookies")
  end
  if v.um and not v.vip then
    c:problem(at:key("um"), "needs `vip`", "unified messaging comes to an address of its own")
  end
  if pool.publishes and not v.vip and not v.external_vip and not v.um and not is_published(model, pool) then
    c:problem(at, "`vip` is missing",
      "the address where clients arrive; a pool without one has a site of lync.reverse_proxy that leads to it")
  end
  if pool.role == "edge_pool" then check_edge(c, pool) end
end

-- Peers count for all 5061 of the topology that are decrypted.
local function check_peers(c, model)
  for _, pool in ipairs(model.pools) do
    if pool.inside and pool.inside.tls then return end
  end
  for _, pool in ipairs(model.pools) do
    if pool.written.peers and pool.written.peers[1] then
      c:problem(pool.at:key("peers"), "is of no use: no 5061 is decrypted, so nobody is known by a certificate",
        "give a pool a `certificate`, or leave it out")
    end
  end
end

-- Names in the DNS and in certificates need it.
local function check_domain(c, model)
  local first = model.pools[1]
  if not first or model.domains[1] then return end
  if not contains({ "web_apps", "exchange" }, first.role) then
    c:warn(first.at, "its SIP domain is not known: " .. check.show(first.name) .. " has none",
      'write the full name, or lync.domains { "corp.example" }')
  elseif model.sites[1] then
    c:warn(model.sites[1].at, "the domain of its sites is not known", 'write lync.domains { "corp.example" }')
  end
end

-- Web sites that are not a pool's of Lync have no port 80.
local function check_http(c, site)
  local role = site.pool.role
  if site.http and (role == "web_apps" or role == "exchange") then
    c:problem(site.at:key("http"), "is of no use: autodiscover is at front ends and directors", "leave it out")
  end
end

return function(c, model)
  check_circles(c, model)
  check_names(c, model)
  check_domain(c, model)
  check_peers(c, model)
  for _, site in ipairs(model.sites) do check_http(c, site) end
  for _, pool in ipairs(model.pools) do
    check_without(c, pool)
    check_web_names(c, pool)
    check_use(c, model, pool)
  end
end
