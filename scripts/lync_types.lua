-- SPDX-License-Identifier: Apache-2.0
-- lync_types.lua: the types of lync_words.lua that check.lua does not have.  What they cannot see (whether a file can
-- be read, whether a weight is possible) is checked in the words that are made of them, what only the whole topology
-- shows in lync_check.lua.

local check = use "check"
local types = check.types

-- An address without a port, as a bind has it; nil: it is none.
local function bare(c, text)
  local numeric, v6 = c.host.address(text:match("^%[(.*)%]$") or text)
  return numeric and (v6 and "[" .. numeric .. "]" or numeric)
end

function types.vip(c, v, _, at)
  v = types.string(c, v, {}, at)
  if not v then return nil end
  local address = bare(c, v)
  if address == "0.0.0.0" or address == "[::]" then
    return c:problem(at, check.show(v) .. " is every address", "name the one that clients know: each pool has its own")
  end
  return address or c:problem(at, check.show(v) .. " is not an address",
    'an address alone, without a port: "192.0.2.61"')
end

-- ---- Servers ----

-- What a pool knows of a server: a table with its address first.
local function server_of(c, name, v)
  local server = {}
  for key, value in pairs(type(v) == "table" and v or { v }) do server[key] = value end
  if type(name) == "string" and server.name == nil then server.name = name end
  if type(server[1]) == "string" then server[1] = bare(c, server[1]) or server[1] end
  return server
end

-- Each of the pool's ports is the servers' own, and a name stands before its address.
local function check_server(c, name, server, at)
  local address = server[1]
  if type(name) ~= "string" and type(name) ~= "number" then
    return c:problem(at, check.show(name) .. " is not a name", 'write ["fe01.corp.example"] = "192.0.2.21"')
  elseif type(address) ~= "string" then
    return true
  elseif type(name) == "string" and bare(c, name) and not bare(c, address) then
    return c:problem(at, "the address stands before the name",
      string.format('write ["%s"] = "%s"', address, name))
  elseif server.port ~= nil or not bare(c, address) and address:find(":%d+$") then
    return c:problem(server.port ~= nil and at:key("port") or at,
      "has a port, but is one server on all ports of its pool", "write the address alone")
  end
  return true
end

-- Whether no earlier one has its address; `seen` knows those.
local function check_address(c, host, seen)
  local address = host.value[1]
  if type(address) ~= "string" or not bare(c, address) then return end
  local other = seen[address]
  if other then
    local who = other.name or "the server on line " .. other.at.line
    c:problem(host.at, string.format("%s is the address of %s, too", address, who), "each server is there once")
  end
  seen[address] = seen[address] or host
end

-- A list of { name, value: as in a pool's servers, at }, by name.
function types.hosts(c, v, _, at)
  if type(v) ~= "table" then
    return c:problem(at, check.show(v) .. " is not a table", 'write { ["fe01.corp.example"] = "192.0.2.21", ... }')
  end
  check.twice(c, at)
  local list, seen = {}, {}
  for _, name in ipairs(check.sorted(v)) do
    local server = server_of(c, name, v[name])
    if check_server(c, name, server, at:key(name)) then
      local host = { name = type(name) == "string" and name or nil, value = server, at = at:key(name) }
      check_address(c, host, seen)
      list[#list + 1] = host
    end
  end
  if next(v) == nil then return c:problem(at, "is empty") end
  return list
end

-- The name of a `tls` word, or what one has.
function types.certificate(c, v, spec, at)
  if type(v) == "string" then return v end
  if type(v) ~= "table" then
    return c:problem(at, check.show(v) .. " is not a certificate", 'write { certificate = "FILE", key = "FILE" }')
  end
  return types.table(c, v, { keys = spec.keys }, at)
end
