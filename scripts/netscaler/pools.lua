-- SPDX-License-Identifier: Apache-2.0
-- pools.lua: the pool of a load balancing virtual server: servers of its services and groups, balance, persistence,
-- monitor, TLS to the servers.  What decides where traffic goes and has no counterpart refuses the whole virtual
-- server: nothing else is put in its place.

local expressions = use "netscaler/expressions"
local model = use "netscaler/model"
local monitors = use "netscaler/monitors"

local pools = {}

-- ---- Balance and persistence ----

local balances = { LEASTCONNECTION = "least-connections", ROUNDROBIN = "round-robin" }

-- How many bits the mask has; nil when it is none.
local function bits_of(mask)
  local bits, ended = 0, false
  for octet in (mask .. "."):gmatch("(%d+)%.") do
    local n = math.tointeger(tonumber(octet))
    for i = 7, 0, -1 do
      local one = n & (1 << i) ~= 0
      if one and ended then return nil end
      bits, ended = bits + (one and 1 or 0), ended or not one
    end
  end
  return bits
end

local function mask_of(o, v4, v6)
  local bits, bits6 = bits_of(o:get(v4)), o:number(v6)
  if not bits or bits == 0 then
    model.part(o:line_of(v4), string.format("-%s %s: not the beginning of an address", v4, o:get(v4)), true)
    return nil
  end
  if bits == 32 and bits6 == 128 then return nil end
  return bits6 == 128 and bits or { bits, bits6 }
end

-- A time in minutes; 0 is for good.
local function minutes(o, name)
  local n = o:within(name, 0, 10080, " minutes")
  if not n then return "2m" end
  return n == 0 and "168h" or string.format("%dm", n)
end

-- What a type of persistence remembers, as a fact; `o` is a virtual server or a group.
local kinds = {}

function kinds.SOURCEIP() return "source" end

function kinds.CALLID(_, kind)
  if kind.plugin ~= "sip" then return nil, "CALLID: not a virtual server of SIP" end
  return "call-id"
end

function kinds.COOKIEINSERT(_, kind)
  if kind.plugin ~= "https" then return nil, "COOKIEINSERT: not a virtual server of HTTP" end
  return "cookie"
end

function kinds.RULE(o, kind)
  local rule = o:get("rule") or ""
  local fact = expressions.fact(rule, kind.plugin)
  if not fact then return nil, "RULE: the expression is no fact of a request: " .. rule end
  return fact
end

local function persistence(o, kind, group)
  local word = o:word("persistenceType")
  if word == "NONE" then return false end
  if not kinds[word] then return nil, "-persistenceType " .. word .. " has no counterpart" end
  local fact, reason = kinds[word](o, kind)
  if not fact then return nil, "-persistenceType " .. reason end
  local by, backup = fact, o:word("persistenceBackup")
  if backup == "SOURCEIP" then
    by = { fact, "source" }
    if minutes(o, "backupPersistenceTimeout") ~= minutes(o, "timeout") then
      model.part(o:line_of("backupPersistenceTimeout"),
        "-backupPersistenceTimeout: the second choice is remembered as long as the first", true)
    end
  elseif backup ~= "NONE" then
    return nil, "-persistenceBackup " .. backup .. " has no counterpart"
  end
  if o:number("timeout") == 0 then
    model.part(o:line_of("timeout"), "-timeout 0: a week after the last use, not for ever", false)
  end
  local p = { { "by", by }, { "timeout", minutes(o, "timeout") }, cookie = fact == "cookie" and o }
  local has_source = fact == "source" or backup == "SOURCEIP"
  if group then p[#p + 1] = { "group", group } end
  local mask = has_source and mask_of(o, "persistMask", "v6persistmasklen")
  if mask then p[#p + 1] = { "mask", mask } end
  return p
end

-- Methods that hash one fact: what is remembered and what is hashed are one here.
local function hashed(v, kind)
  local method = v:word("lbMethod")
  if method == "CALLIDHASH" then return kind.plugin == "sip" and "call-id" or nil end
  if method == "SOURCEIPHASH" then return "source" end
  if method == "DOMAINHASH" then return kind.plugin == "https" and "host" or nil end
  if method == "TOKEN" and kind.plugin ~= "tcp" then return expressions.fact(v:get("rule") or "", kind.plugin) end
end

-- Why NetScaler would not balance SIP so: it takes three pairs, and what another does here is not what it did there.
local function sip_refuses(method, kept)
  if method == "CALLIDHASH" and kept == "NONE" then return nil end
  if balances[method] and (kept == "CALLID" or kept == "RULE") then return nil end
  return string.format("SIP by %s with persistence %s: NetScaler takes CALLIDHASH alone, or LEASTCONNECTION and "
    .. "ROUNDROBIN with CALLID or RULE", method, kept)
end

-- balance and persistence; nil and why not.
local function choice(v, kind, group)
  local method = v:word("lbMethod")
  local balance = balances[method]
  local refused = kind.plugin == "sip" and sip_refuses(method, (group or v):word("persistenceType"))
  if refused then return nil, refused end
  local p, reason = persistence(group or v, kind, group and group.name)
  if p == nil then return nil, reason end
  if balance then
    return balance, p
  end
  local fact = hashed(v, kind)
  if not fact then
    local rule = v.options.rule and ", or not with this rule: " .. v:get("rule") or ""
    return nil, "-lbMethod " .. method .. " has no counterpart" .. rule
  end
  if p then return nil, "-lbMethod " .. method .. " beside persistence: they would be one here" end
  p = { { "by", fact }, { "timeout", "2m" } }
  local mask = method == "SOURCEIPHASH" and mask_of(v, "netmask", "v6netmasklen")
  if mask then p[#p + 1] = { "mask", mask } end
  return "hash", p
end

-- ---- Servers ----

local function host_of(whole, name)
  local s = whole:find("server", name)
  if not s then return name end
  return s.args.address, s
end

local function weight_of(b)
  local weight = b and b:within("weight", 0, 100)
  return weight and weight > 1 and weight or nil
end

-- One entry of `servers`; false when it is told to rest.
local function server(whole, owner, name, port, b, extra)
  local host, s = host_of(whole, name)
  if not s and not whole.host.address(host) then return nil, "there is no server " .. name end
  if not whole.host.address(host) and (not host:find("^[%w._-]+$") or #host > 253 or host:find("^[%d.]+$")) then
    return nil, host .. " is neither an address nor a name"
  end
  local from = string.format("%s, line %d", extra.label, extra.line.number)
  local off = extra.off
  for _, o in ipairs { owner, s } do off = off or o:word("state") == "DISABLED" or o.disabled end
  if not math.tointeger(tonumber(port)) or tonumber(port) == 0 or tonumber(port) > 65535 then
    return nil, string.format("the port %s of %s: a server has one port", port, name)
  end
  local written = (host:find(":") and "[" .. host .. "]" or host) .. ":" .. port
  local entry = { written, comment = from, weight = weight_of(b), disabled = off }
  local most = owner:number("maxClient")
  if most and most > 0 then entry.max_sessions = owner:bounded("maxClient", most, 1000000) end
  return entry
end

-- One machine and port is one server, however often it is bound.
local function push(list, entry, line)
  local other = list.by_place[entry[1]]
  if other then return model.part(line, entry[1] .. " is in the pool already, of " .. other.comment, true) end
  list.by_place[entry[1]], list[#list + 1] = entry, entry
end

local function of_service(whole, list, svc, b)
  local extra = { label = "service " .. svc.name, line = svc.line }
  local entry, reason = server(whole, svc, svc.args.server, svc.args.port, b, extra)
  if not entry then
    model.unsupported(svc.line, reason)
    return nil, reason
  end
  push(list, entry, b.line)
  return true
end

local function of_group(whole, list, group)
  for _, b in ipairs(group.binds) do
    if b.set then
      model.unsupported(b.line, "an option of one member, set later")
    elseif b.args.target then
      model.mapped(b.line)
      local extra = { label = "serviceGroup " .. group.name, line = b.line, off = b:word("state") == "DISABLED" }
      local entry, reason = server(whole, group, b.args.target, b.args.port or "", b, extra)
      if entry then push(list, entry, b.line) else model.unsupported(b.line, reason) end
    end
  end
  return true
end

-- What is bound to a virtual server: the services and groups; entries in `list`.
local function owners_of(whole, v, list, kind)
  local owners = {}
  for _, b in ipairs(v.binds) do
    local name = b.args.target or b:get("serviceGroupName")
    local svc = name and whole:find("service", name)
    local owner = svc or name and whole:find("serviceGroup", name)
    if owner then
      local good, reason = true, nil
      if not kind.takes[owner.args.type:upper()] then
        good, reason = nil, string.format("a service of the type %s behind one of %s", owner.args.type, v.args.type)
      else
        model.mapped(b.line)
        if svc then good, reason = of_service(whole, list, svc, b) else good, reason = of_group(whole, list, owner) end
      end
      if good then owners[#owners + 1] = owner else model.unsupported(b.line, reason) end
    elseif name then
      model.unsupported(b.line, "there is no service or serviceGroup " .. name)
    end
  end
  return owners
end

-- Entries of the virtual server that stands in when this one is down.
local function add_backup(whole, v, list, kind)
  local name = v:get("backupVServer")
  local backup = name and whole:find("lb vserver", name)
  if not name then return end
  if not backup then
    return model.part(v:line_of("backupVServer"), "-backupVServer " .. name .. ": there is none", true)
  end
  local more = { by_place = {} }
  owners_of(whole, backup, more, kind)
  for _, s in ipairs(more) do
    if not list.by_place[s[1]] then
      s.backup = true
      list[#list + 1] = s
    end
  end
  model.part(v:line_of("backupVServer"),
    "-backupVServer " .. name .. ": its servers stand in, with this one's balance, persistence and monitor", false)
  for _, own in ipairs { "persistenceType", "timeout", "lbMethod", "cltTimeout", "persistMask" } do
    backup:option(own)
  end
end

-- What all owners have to agree on, since a pool says it once.
local function agreed(owners, name, read)
  local value
  for i, o in ipairs(owners) do
    local own = read(o)
    if i == 1 then value = own end
    if own ~= value then
      model.part(o:line_of(name),
        string.format("-%s: services of one virtual server differ; the first one's holds", name), true)
    end
  end
  return value
end

-- ---- The pool ----

-- { name, servers, fields for others, owners }, or nil and why the virtual server cannot be had.  Twice asked for, it
-- is the same one.
function pools.of(whole, v, kind, tls)
  if v.pool or v.refused then return v.pool, v.refused end
  local group = whole.groups[v.name:lower()]
  local balance, p = choice(v, kind, group)
  if not balance then
    v.refused = p
    return nil, p
  end
  local list = { by_place = {} }
  local owners = owners_of(whole, v, list, kind)
  add_backup(whole, v, list, kind)
  local active = 0
  for _, s in ipairs(list) do active = active + (s.disabled and 0 or 1) end
  if active == 0 then
    v.refused = "no server that is not disabled is bound to it"
    return nil, v.refused
  end
  local pool = {
    name = whole:name(v.name), line = v.line, servers = list, balance = balance, persistence = p, owners = owners,
    from = v,
  }
  pool.monitor = monitors.of(whole, owners, kind.udp, tonumber(list[1][1]:match("%d+$")), v.line)
  pool.transport = kind.plugin == "sip" and (kind.udp and "udp" or "tcp") or nil
  if kind.secure[owners[1] and owners[1].args.type:upper() or ""] then tls.of_pool(whole, pool, owners) end
  pool.usip = agreed(owners, "usip", function(o)
    if not o:option("usip") then return whole.usip or false end
    return o:is_on("usip")
  end)
  pool.on_down = agreed(owners, "downStateFlush", function(o) return o:is_on("downStateFlush") and "end" or "keep" end)
  pool.idle = agreed(owners, "svrTimeout", function(o) return o:number("svrTimeout") end)
  pool.client_idle = agreed(owners, "cltTimeout", function(o) return o:number("cltTimeout") end)
  pool.cip = agreed(owners, "cip", function(o)
    local option = o:option("cip")
    return option and option.values[1]:upper() == "ENABLED" and (option.values[2] or "client-ip") or false
  end)
  whole.pools[#whole.pools + 1], v.pool = pool, pool
  return pool
end

return pools
