-- SPDX-License-Identifier: Apache-2.0
-- tls.lua: what makes a `tls` word beyond its keys' types.  Whether the files fit together is checked where they are
-- loaded.

local check = use "check"

-- A tls word as config.c reads it; `lines` has the places of its keys.
return function(c, name, value, keys, at)
  local tls = check.types.table(c, value, { keys = keys }, at)
  if not tls then return nil end
  for file, other in pairs { certificate = "key", key = "certificate" } do
    if value[file] ~= nil and value[other] == nil then
      c:problem(at, "`" .. other .. "` is missing", "a certificate and its private key go together")
    end
  end
  if value.crl ~= nil and value.trust == nil then
    c:problem(at:key("crl"), "needs `trust`", "the authorities there sign the lists of revoked certificates")
  end
  tls.name, tls.line, tls.lines = name, at.line, {}
  for _, spec in ipairs(keys) do tls.lines[spec.key] = at:key(spec.key).line end
  return tls
end
