-- SPDX-License-Identifier: Apache-2.0
-- address.lua: addresses as they are written: "192.0.2.1", "192.0.2.1:5061", "[2001:db8::1]:5061", "name:5061".

local check = use "check"

local address = {}

-- The host without brackets, the text of the port or nil, and whether there were brackets; nil and a hint if it is
-- neither.
function address.split(text)
  local host, port = text:match("^%[([%x:.]+)%]:(.*)$")
  if not host then host = text:match("^%[([%x:.]+)%]$") end
  if host then return host, port, true end
  if select(2, text:gsub(":", "")) > 1 then return nil, "write a v6 address in brackets: \"[" .. text .. "]\"" end
  host, port = text:match("^([^:]+):(.*)$")
  if not host then host = text:match("^([^:%[%]]+)$") end
  return host, port, false
end

function address.port(c, text, at)
  local port = text:find("^%d+$") and #text <= 5 and math.tointeger(tonumber(text))
  if port and port >= 1 and port <= 65535 then return port end
  return c:problem(at, check.show(text) .. " is not a port", "a port is a number from 1 to 65535")
end

-- One port, or a range of them, "49152-65535": its first and its last, which is nil for one.
function address.ports(c, text, at)
  local first, last = text:match("^(%d+)%-(%d+)$")
  if not first then return address.port(c, text, at) end
  first, last = address.port(c, first, at), address.port(c, last, at)
  if not first or not last then return nil end
  if first <= last then return first, last end
  return c:problem(at, check.show(text) .. " ends before it begins", "a range is FIRST-LAST: \"49152-65535\"")
end

-- The numeric address of a host and whether it is one of v6; false: it is a name, which is for the running gateway to
-- resolve; nil after a problem.
function address.numeric(c, host, brackets, at)
  local numeric, v6 = c.host.address(host)
  if numeric and (v6 or not brackets) then return numeric, v6 end
  if brackets or host:find("^[%d.]+$") or not host:find("^[%w._-]+$") or #host > 253 then
    return c:problem(at, check.show(host) .. " is not an address")
  end
  return false
end

function address.join(host, v6, port)
  return string.format(v6 and "[%s]:%d" or "%s:%d", host, port)
end

return address
