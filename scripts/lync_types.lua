-- SPDX-License-Identifier: Apache-2.0
-- lync_types.lua: the types of lync_words.lua that check.lua does not have.  What they cannot see (whether a file can be
-- read, whether an address is a server's) is checked in the words that are made of them.

local check = use "check"
local types = check.types

-- An address without a port, as a bind has it.
function types.vip(c, v, _, at)
  v = types.string(c, v, {}, at)
  if not v then return nil end
  local numeric, v6 = c.host.address(v:match("^%[(.*)%]$") or v)
  if numeric then return v6 and "[" .. numeric .. "]" or numeric end
  return c:problem(at, check.show(v) .. " is not an address", 'an address alone, without a port: "192.0.2.61"')
end

local function host(name, v)
  local server = {}
  for key, value in pairs(type(v) == "table" and v or { v }) do server[key] = value end
  if type(name) == "string" and server.name == nil then server.name = name end
  return server
end

-- A list of { name, value: as in a pool's servers, at }, by name.
function types.hosts(c, v, _, at)
  if type(v) ~= "table" then
    return c:problem(at, check.show(v) .. " is not a table", 'write { ["fe01.corp.example"] = "192.0.2.21", ... }')
  end
  local list = {}
  for _, name in ipairs(check.sorted(v)) do
    if not c:is_unknown(v[name]) then
      list[#list + 1] = { name = type(name) == "string" and name or nil, value = host(name, v[name]), at = at:key(name) }
    end
  end
  if #list == 0 then return c:problem(at, "is empty") end
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
