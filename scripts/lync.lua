-- SPDX-License-Identifier: Apache-2.0
-- lync.lua: `include "lync"`: words for whole pools of Lync Server and Skype for Business (lync_words.lua).  While the
-- text runs the calls are kept; when it has run, they are checked, and ordinary words are made of them: each address of
-- each pool by the rows of lync_ports.lua (lync_parts.lua), and the reverse proxy (lync_proxy.lua).  Those go the way
-- of all words.

local carried = use "lync_certificates"
local check = use "check"
local check_topology = use "lync_check"
local near = use "near"
local parts = use "lync_parts"
local proxy = use "lync_proxy"
local words = use "lync_words"
use "lync_types"

-- The word behind "lync.".
local function short(word) return (string.gsub(word, "^lync%.", "")) end

local function spec_of(word)
  for _, w in ipairs(words) do
    if w.word == word then return w end
  end
end

-- ---- The calls, while the text runs ----

local function callable(c, w, word, calls, here)
  return function(value)
    local name = not w.of and w.keys and type(value) == "table" and rawget(value, "name")
    local label = type(name) == "string" and w.word .. ' "' .. name .. '"' or w.word
    local at = here(word, label)
    at.word = w.word
    calls[#calls + 1] = { w = w, value = value, at = at }
    return type(value) == "string" and c:unknown() or nil -- for a table behind it
  end
end

-- A table where one is asked; another word's value is of any type.
local function has_table(c, call)
  if call.w.value or type(call.value) == "table" then return true end
  local form = call.w.of and " { { ... }, ... }"
    or call.w.keys[1].key == "name" and ' { name = "NAME", ... }' or " { ... }"
  return c:problem(call.at, "has no table", "write " .. call.w.word .. form)
end

-- Whether an unknown word, which was told, is somewhere in `v`.
local function has_unknown(c, v, seen)
  if type(v) ~= "table" or seen[v] then return false end
  if c:is_unknown(v) then return true end
  seen[v] = true
  for key, value in pairs(v) do
    if c:is_unknown(key) or has_unknown(c, value, seen) then return true end
  end
  return false
end

local function table_of_words(c, calls, here)
  local all, names = {}, {}
  for i, w in ipairs(words) do
    names[i] = short(w.word)
    all[names[i]] = callable(c, w, names[i], calls, here)
  end
  return setmetatable({}, {
    __index = function(_, name)
      if all[name] then return all[name] end
      c:complain(here("lync").line, "unknown word `lync." .. tostring(name) .. "`", near(name, names) or
        "the words are lync." .. table.concat(names, ", lync."))
      return c:unknown()
    end,
    __newindex = function(_, name, value)
      name = "lync." .. tostring(name)
      local form = type(value) == "string" and ' "..."' or " { ... }"
      c:complain(here("lync").line, "`" .. name .. "` is assigned to", "call it: " .. name .. form .. ", without `=`")
    end,
    __call = function()
      c:complain(here("lync").line, "`lync` is no word of its own",
        "the words are lync." .. table.concat(names, ", lync."))
      return c:unknown()
    end,
  })
end

-- ---- Pools ----

local function set(list)
  local all = {}
  for _, v in ipairs(list or {}) do all[v] = true end
  return all
end

-- One address of a pool, with what was written of it in `v` at `at`.
local function side(pool, name, v, at, more)
  local keys = {}
  for _, key in ipairs { "vip", "servers", "web_names", "source" } do keys[key] = at:key(key) end
  local s = { name = name, pool = pool, vip = v.vip, servers = v.servers, sip = v.sip, web_names = v.web_names or {},
    at = pool.at, keys = keys }
  for key, value in pairs(more or {}) do s[key] = value end
  pool.sides[#pool.sides + 1] = s
  return s
end

-- The tls words of what was written at `at`: for SIP, and for web services.
local function certificates(c, model, pool, v, at)
  local trust = at:key("trust")
  local by_id = v.certificate and v.sip ~= "source"
  if v.sip == "call-id" and not v.certificate then
    c:problem(at:key("sip"), '"call-id" needs `certificate`', "what is not decrypted has no Call-ID")
  elseif type(v.certificate) == "table" and by_id and not v.trust then
    c:problem(at:key("certificate"), "`trust` is missing",
      "servers are known by certificates of the authorities in that file")
    by_id = nil
  end
  local tls = by_id and parts.tls(model, pool.name .. "-tls", v.certificate, v.trust, pool.at,
    { certificate = at:key("certificate"), trust = trust })
  local web = v.web_certificate and parts.tls(model, pool.name .. "-web-tls", v.web_certificate, v.trust, pool.at,
    { certificate = at:key("web_certificate"), trust = trust })
  return tls or nil, web or nil
end

local roles = {}

local function plain(c, model, pool, v)
  local tls, web = certificates(c, model, pool, v, pool.at)
  pool.inside = side(pool, "inside", v, pool.at, { tls = tls, web = web })
  pool.inside.keys.tls, pool.inside.keys.web = pool.at:key("certificate"), pool.at:key("web_certificate")
  if v.external_vip then
    local outside = side(pool, "outside", v, pool.at, { vip = v.external_vip, tls = tls, web = web })
    outside.keys.vip, outside.keys.web = pool.at:key("external_vip"), pool.at:key("web_certificate")
  end
end

for _, role in ipairs { "front_end_pool", "director_pool" } do
  roles[role] = function(c, model, pool, v)
    pool.has_outside, pool.publishes = true, true
    pool.cookies = v.cookies
    if pool.cookies == nil then pool.cookies = model.version == "2010" end
    plain(c, model, pool, v)
  end
end

for _, role in ipairs { "web_apps", "exchange" } do
  roles[role] = function(c, model, pool, v)
    pool.publishes, pool.kind = true, v.kind or "outlook"
    plain(c, model, pool, v)
  end
end

roles.mediation_pool, roles.persistent_chat = plain, plain

function roles.edge_pool(c, model, pool, v)
  if v.internal then
    local at = pool.at:key("internal")
    local tls = certificates(c, model, pool, v.internal, at)
    pool.inside = side(pool, "inside", v.internal, at, { tls = tls })
    pool.inside.keys.tls = at:key("certificate")
  end
  local outside = v.external or {}
  for _, name in ipairs { "access", "webconf", "av" } do
    local s, at = outside[name], pool.at:key("external"):key(name)
    if s then
      local transparent = name == "av" and (s.source or pool.rules == "microsoft" and "transparent") or nil
      local made = side(pool, name, s, at,
        { servers = s.servers or outside.servers, source = transparent, fqdn = s.name })
      if not s.servers then made.keys.servers = pool.at:key("external"):key("servers") end
      if not made.servers then
        c:problem(at, "`servers` is missing", "here, or for all three in `external`")
        pool.sides[#pool.sides] = nil
      end
    end
  end
end

local function build_pool(c, model, call, v)
  local role = short(call.w.word)
  local pool = { role = role, name = v.name, rules = v.rules or model.rules, version = model.version, at = call.at,
    sides = {}, without = set(v.without), probe_port = v.probe_port, trust = v.trust, gateways = v.gateways,
    um = v.um, written = v }
  if model.by_name[pool.name] then
    local line = model.by_name[pool.name].at.line
    return c:problem(call.at, "this name is taken, by line " .. line, "each pool has a name of its own")
  end
  model.by_name[pool.name] = pool
  model.pools[#model.pools + 1] = pool
  roles[role](c, model, pool, v)
end

-- A pool with mistakes is not built, and what refers to it not asked: they are told once.
local function read_pool(c, model, call)
  local before = #c.problems
  local v = check.value(c, call.value, { type = "table", keys = call.w.keys }, call.at)
  if v and #c.problems == before and not has_unknown(c, call.value, {}) then return build_pool(c, model, call, v) end
  local name = v and v.name
  if name then model.by_name[name] = model.by_name[name] or { at = call.at, bad = true } end
  if name then c.unmade[#c.unmade + 1] = name .. "-" end
  model.incomplete = model.incomplete or not name
end

-- ---- The other words ----

local SITES = 1024 -- of one word

local function contains(list, v)
  for _, member in ipairs(list) do
    if member == v then return true end
  end
  return false
end

-- The sites of one lync.reverse_proxy; `sites` gets them.
local function read_site(c, call, i, word, sites)
  local at, v, before = call.at:key(i), call.value[i], #c.problems
  at.word = call.w.word
  local site = v ~= nil and check.value(c, v, { type = "table", keys = call.w.of }, at)
  if v == nil then
    c:problem(at, "is nil", "leave no gaps: each site is a table")
  elseif site and #c.problems == before and not has_unknown(c, v, {}) then
    site.at, site.word_certificate, site.word_at = at, word.certificate, call.at
    sites[#sites + 1] = site
  end
end

local function read_sites(c, call, sites)
  local n, strange = 0, #c.problems
  local word = check.keys(c, call.value, call.w.keys, call.at, function(key)
    local position = math.type(key) == "integer" and key > 0 and key <= SITES
    if position then
      n = math.max(n, key)
    elseif contains(check.names(call.w.of), key) then
      c:problem(call.at:key(key), "belongs to a site, each of which is a table of its own",
        "write lync.reverse_proxy { { vip = ..., sites = ..., to = ... }, ... }")
    else
      check.unknown_key(c, key, check.names(call.w.keys), call.at)
    end
  end)
  if n == 0 and #c.problems == strange then c:problem(call.at, "has no sites", call.w.help) end
  for i = 1, n do read_site(c, call, i, word, sites) end
end

-- lync.version, lync.rules and lync.domains: once each, wherever they stand.
local function settings(c, model, calls)
  local first = {}
  for _, w in ipairs(words) do
    if w.value then model[short(w.word)] = w.value.default end
  end
  for _, call in ipairs(calls) do
    local w = call.w
    if w.value and first[w] then
      c:problem(call.at, "is there twice, first on line " .. first[w].line)
    elseif w.value then
      first[w] = call.at
      local v = check.value(c, call.value, w.value, call.at)
      if v ~= nil then model[short(w.word)] = v end
    end
  end
end

-- All names of the topology, and those that a word adds: whose certificates are trusted.
local function peers_of(model)
  local list, seen = {}, {}
  local function add(name)
    if name and not seen[name] then list[#list + 1] = name end
    seen[name or false] = true
  end
  for _, pool in ipairs(model.pools) do
    if pool.role ~= "web_apps" and pool.role ~= "exchange" or pool.um then
      if pool.name:find(".", 1, true) then add(pool.name) end
      for _, s in ipairs(pool.inside and pool.inside.servers or {}) do add(s.value.name) end
    end
    for _, name in ipairs(pool.written.peers or {}) do add(name) end
  end
  return list
end

-- The first domain is what is left of the first pool's name.
local function default_domains(model)
  for _, role in ipairs { "front_end_pool", "director_pool", "edge_pool" } do
    for _, pool in ipairs(model.pools) do
      local domain = pool.role == role and pool.name:match("%.(.+)$")
      if domain then return { domain } end
    end
  end
  return {}
end

local function expand(c, model, calls)
  for _, call in ipairs(calls) do
    if call.w.value or c:is_unknown(call.value) or not has_table(c, call) then
      model.incomplete = model.incomplete or not call.w.value
    elseif call.w.of then
      read_sites(c, call, model.sites)
    else
      read_pool(c, model, call)
    end
  end
  model.domains = model.domains or default_domains(model)
  model.peers = peers_of(model)
  for _, pool in ipairs(model.pools) do
    for _, s in ipairs(pool.sides) do
      if s.vip then parts.side(c, model, s) end
    end
  end
  proxy(c, model)
  check_topology(c, model)
end

return function(c, note, here)
  local calls = {}
  local model = { note = note, pools = {}, by_name = {}, sites = {}, pools_made = {}, listeners_made = {},
    tls_made = {} }
  local tls_names = {}
  function model.tls_name(name)
    tls_names[name] = (tls_names[name] or 0) + 1
    return tls_names[name] > 1 and name .. "-" .. tls_names[name] or name
  end
  function model.check(clean)
    carried.check(c, model, clean)
  end
  return { lync = table_of_words(c, calls, here) }, function()
    settings(c, model, calls)
    expand(c, model, calls)
    return model
  end
end
