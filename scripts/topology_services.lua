-- SPDX-License-Identifier: Apache-2.0
-- topology_services.lua: what the services of a pool (topology_read.lua) tell of it.

local services = {}

function services.of(pool, role)
  for _, s in ipairs(pool.services) do
    if s.role == role then return s end
  end
end

function services.like(pool, pattern)
  for _, s in ipairs(pool.services) do
    if s.role:find(pattern) then return s end
  end
end

-- The settings that a service of this type has beside its ports: <RegistrarService IsDirector=...>.
function services.setting(s, element)
  for _, e in ipairs(s and s.element or {}) do
    if e.name == element then return e end
  end
end

-- An attribute of them, or nil.
function services.value(s, element, attribute)
  local e = services.setting(s, element)
  return e and e.attributes[attribute]
end

-- What the pool is for the words; nil: nothing that a gateway stands before.
function services.kind_of(pool)
  local registrar = services.of(pool, "Registrar")
  if services.of(pool, "EdgeServer") then return "edge" end
  if registrar and services.value(registrar, "RegistrarService", "IsDirector") == "true" then return "director" end
  if registrar and services.of(pool, "UserServices") then return "front_end" end
  if registrar then return "survivable" end
  if services.of(pool, "MediationServer") then return "mediation" end
  if services.of(pool, "WacService") then return "web_apps" end
  local chat = services.like(pool, "^PersistentChat") and not services.like(pool, "^PersistentChat.*Store$")
  return chat and "persistent_chat" or nil
end

-- The name of its web services outside; nil: the document tells none.
function services.web_host(pool)
  local web = services.setting(services.of(pool, "WebServices"), "WebService")
  for _, e in ipairs(web or {}) do
    local host = e.name == "ExternalSettings" and e.attributes.Host
    if host and host ~= "" then return host:lower() end
  end
end

return services
