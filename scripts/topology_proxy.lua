-- SPDX-License-Identifier: Apache-2.0
-- topology_proxy.lua: the reverse proxy of a topology: the simple URLs, and the web services of each pool.

local services = use "topology_services"
local text = use "topology_text"

local function site_rows(w, rows, to, hosts, of)
  if #hosts == 0 then return end
  w:line(1, "{")
  w:line(2, "vip = %s,", text.fill("virtual address outside, for " .. of))
  w:line(2, "sites = {")
  for _, host in ipairs(hosts) do w:line(3, "%s,", text.quoted(host)) end
  w:line(2, "},")
  w:line(2, "to = %s,", text.quoted(to))
  w:line(1, "},")
  rows.n = rows.n + 1
end

-- The names that the simple URLs and autodiscover have.  What the export does not tell follows the usual names.
local function simple_hosts(topology)
  local hosts, seen, told = {}, {}, #topology.urls > 0
  local function add(host)
    if not seen[host] then hosts[#hosts + 1], seen[host] = host, true end
  end
  for _, u in ipairs(topology.urls) do
    if u.component:lower() ~= "cscp" then add(u.host) end
  end
  for _, domain in ipairs(topology.domains) do
    if not told then
      add("meet." .. domain)
      add("dialin." .. domain)
    end
    add("lyncdiscover." .. domain)
  end
  return hosts, told
end

local function note_simple(w, first, told)
  if told then
    w:note("taken", "reverse proxy", "the simple URLs; lyncdiscover of each domain by its usual name")
  else
    w:note("fill", "reverse proxy", "meet, dialin and lyncdiscover of each domain stand there by their usual names: "
      .. "the simple URLs are no part of this document; check them with Get-CsSimpleUrlConfiguration")
  end
  w:note("taken", "reverse proxy", "simple URLs go to %s, the first %s of the document", first.pool.name,
    first.kind == "director" and "Director pool" or "front end pool")
end

-- `web`: the pools with web services, { pool =, kind = }, in the order of the configuration.
return function(w, web)
  if #web == 0 then return end
  local first, rows = web[1], { n = 0 }
  for _, p in ipairs(web) do
    if p.kind == "director" and first.kind ~= "director" then first = p end
  end
  local hosts, told = simple_hosts(w.topology)
  w:line(0, "")
  w:line(0, "-- What is reached from outside by name")
  w:line(0, "lync.reverse_proxy {")
  local taken = {}
  for _, h in ipairs(hosts) do taken[h] = true end
  site_rows(w, rows, first.pool.name, hosts, "the simple URLs")
  for _, p in ipairs(web) do
    local host = services.web_host(p.pool)
    if host and not taken[host] then
      taken[host] = true
      site_rows(w, rows, p.pool.name, { host }, "the web services of " .. p.pool.name)
      w:note("taken", p.pool.name, "its web services outside are %s", host)
    elseif not host then
      w:note("fill", p.pool.name, "the name of its web services outside: the document tells none")
    end
  end
  w:line(0, "}")
  note_simple(w, first, told)
  w:note("fill", "reverse proxy", "vip of %s; one address may serve several", text.plural(rows.n, "row", "rows"))
end
