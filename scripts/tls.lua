-- SPDX-License-Identifier: Apache-2.0
-- tls.lua: what makes a `tls` word beyond its keys' types.  Whether the files fit together is checked where they are
-- loaded.

local check = use "check"

-- A tls word as config.c reads it; `lines` has the places of its files.
return function(c, name, value, keys, at)
  local tls = check.types.table(c, value, { keys = keys }, at)
  if not tls then return nil end
  for file, other in pairs { certificate = "key", key = "certificate" } do
    if value[file] ~= nil and value[other] == nil then
      c:problem(at, "`" .. other .. "` is missing", "a certificate and its private key go together")
    end
  end
  tls.name, tls.line, tls.lines = name, at.line, {}
  for _, file in ipairs { "certificate", "key", "trust" } do tls.lines[file] = at:key(file).line end
  return tls
end
