-- SPDX-License-Identifier: Apache-2.0
-- tls.lua: `tls` words of certificates, chains, authorities and switches.  Files keep their names, in the folder ssl/
-- beside the configuration; what has to be made of them is told in the report.

local model = use "netscaler/model"

local tls = {}

-- Where a file of the appliance's /nsconfig/ssl is to lie.
local function path_of(file)
  return "ssl/" .. file:gsub("^/nsconfig/ssl/", ""):gsub("^/+", "")
end

-- ---- Certificates ----

-- The certificates above this one, which `link` names, from the nearest on.
local function chain_of(whole, c)
  local list, seen = {}, { [c] = true }
  while c do
    local parent
    for _, b in ipairs(c.binds) do
      if b.link then
        parent = whole:find("ssl certKey", b.args.parent)
        if parent then
          model.mapped(b.line)
        else
          model.unsupported(b.line, "there is no ssl certKey " .. b.args.parent)
        end
      end
    end
    if not parent or seen[parent] then return list end
    seen[parent] = true
    list[#list + 1], c = parent, parent
  end
end

local function check_key(c)
  for _, name in ipairs { "password", "passcrypt", "passplain", "encrypted" } do
    if c.options[name] then
      c:option(name)
      model.part(c:line_of(name),
        "-" .. name .. ": the passphrase cannot be read: key to re-enter, as a file that is not encrypted", false)
    end
  end
end

-- Files as words of a shell.
local function words(files)
  local list = {}
  for i, file in ipairs(files) do
    list[i] = file:find("^[%w._/+:@%%-]+$") and file or "'" .. file:gsub("'", "'\\''") .. "'"
  end
  return table.concat(list, " ")
end

local function pem_of(c, name)
  local file = c:get(name)
  local form = c:word("inform")
  if not file or form == "PEM" then return file and path_of(file) end
  local made = path_of(file):gsub("%.%w+$", "") .. "." .. (name == "key" and "key" or "pem")
  model.to_do(c.line, string.format("make %s, PEM, of %s, which is %s", made, file, form))
  return made
end

-- { certificate, key } of a certKey, with its chain in one file.
local function certificate_of(whole, c)
  check_key(c)
  local certificate, key = pem_of(c, "cert"), pem_of(c, "key") or pem_of(c, "cert")
  local chain = chain_of(whole, c)
  if #chain > 0 and certificate then
    local parts, whole_file = { certificate }, certificate:gsub("%.%w+$", "") .. "-chain.pem"
    for _, parent in ipairs(chain) do parts[#parts + 1] = pem_of(parent, "cert") end
    model.to_do(c.line, string.format("make %s: cat %s", words { whole_file }, words(parts)))
    certificate = whole_file
  end
  return { { "certificate", certificate }, { "key", key } }
end

-- ---- Bindings ----

local curves = { P_256 = true, P_384 = true, P_521 = true, ALL = true }

local function take_other(b)
  local cipher, curve = b:get("cipherName"), b:get("eccCurveName")
  if cipher and not cipher:upper():find("^DEFAULT") then
    model.unsupported(b.line, "a list of ciphers: the gateway's own holds; see tls { priority }")
  elseif curve and not curves[curve:upper()] then
    model.unsupported(b.line, "the curve is not spoken; clients agree on another", false)
  else
    model.mapped(b.line)
  end
end

-- Certificates of a virtual server, those of clients' authorities, and a list of revoked ones.
local function bindings(whole, o)
  local found = { own = {}, authorities = {} }
  for _, b in ipairs(o and o.binds or {}) do
    local name = b:get("certkeyName")
    local c = name and whole:find("ssl certKey", name)
    if not name then
      take_other(b)
    elseif not c then
      model.unsupported(b.line, "there is no ssl certKey " .. name)
    elseif b:option("CA") then
      model.mapped(b.line)
      found.authorities[#found.authorities + 1] = c
      found.crl = found.crl or b.options.crlcheck and b
      if b:word("crlCheck") == "OPTIONAL" then
        model.part(b.line, "-crlCheck Optional: the list of revoked certificates always holds", false)
      end
    else
      model.mapped(b.line)
      local list = found.own
      table.insert(list, b:option("SNICert") and #list + 1 or 1, c)
    end
  end
  return found
end

-- The trusted authorities as one file.
local function trust_of(list)
  local files = {}
  for i, c in ipairs(list) do files[i] = pem_of(c, "cert") end
  if #files < 2 then return files[1] end
  local made = files[1]:gsub("%.%w+$", "") .. "-all.pem"
  model.to_do(list[1].line, string.format("make %s: cat %s", words { made }, words(files)))
  return made
end

local function crl_of(whole, b)
  for _, crl in ipairs(whole:all("ssl crl")) do
    whole:find("ssl crl", crl.name)
    return path_of(crl.args.file)
  end
  model.part(b.line, "-crlCheck: there is no ssl crl", true)
end

-- ---- Switches ----

local versions = { { "tls1", "1.0" }, { "tls11", "1.1" }, { "tls12", "1.2" } }

-- The oldest version that is on.
local function minimum_of(o)
  local lowest
  for _, v in ipairs(versions) do
    local on = o:is_on(v[1])
    if on and not lowest then lowest = v[2] end
    if lowest and not on then
      model.part(o:line_of(v[1]),
        string.format("-%s DISABLED: what is newer than TLS %s is spoken", v[1], lowest), true)
    end
  end
  if o:is_on("ssl3") then model.part(o:line_of("ssl3"), "-ssl3 ENABLED: SSL 3.0 does not exist here", true) end
  if o:is_on("tls12") then return lowest end
  return lowest or "1.3"
end

-- The settings of a virtual server or a service: its own, or its profile's.
local function settings(whole, kind, name)
  local o = whole:find(kind, name)
  local profile = o and o:get("sslProfile")
  local p = profile and whole:find("ssl profile", profile)
  if p then
    for key, option in pairs(p.options) do
      if not o.options[key] then o.options[key] = option end
    end
  elseif profile then
    model.part(o:line_of("sslProfile"), "-sslProfile " .. profile .. ": not in this file", true)
  end
  return o
end

-- ---- What others ask for ----

-- The words of a virtual server with TLS: names for its listener, what it asks of clients, and HSTS; nil and why not.
function tls.of_listener(whole, v, https)
  local o = settings(whole, "ssl vserver", v.name)
  local found = bindings(whole, o)
  if #found.own == 0 then return nil, "no certificate is bound to it" end
  local result = { names = {}, verify = nil }
  local trust = #found.authorities > 0 and trust_of(found.authorities) or nil
  for i, c in ipairs(found.own) do
    local fields = certificate_of(whole, c)
    if trust then fields[#fields + 1] = { "trust", trust } end
    if found.crl and trust then fields[#fields + 1] = { "crl", crl_of(whole, found.crl) } end
    fields[#fields + 1] = { "minimum", o and minimum_of(o) or "1.0" }
    if o and not o:is_on("sessReuse") then fields[#fields + 1] = { "tickets", false } end
    local name = whole:name(i == 1 and v.name or v.name .. "-" .. c.name)
    result.names[i] = name
    whole.tls[#whole.tls + 1] = {
      name = name, fields = fields, from = string.format("ssl certKey %s, line %d", c.name, c.line.number),
    }
  end
  if o and o:is_on("clientAuth") then
    result.verify = o:word("clientCert") == "OPTIONAL" and "optional" or "required"
    if not trust then return nil, "clients show a certificate, but no authority is bound to it (-CA)" end
  end
  if o and https and o:is_on("HSTS") then
    local more = o:is_on("IncludeSubdomains") and "; includeSubDomains" or ""
    more = more .. (o:is_on("preload") and "; preload" or "")
    result.hsts = "max-age=" .. o:get("maxage") .. more
  end
  return result
end

-- TLS to the servers of a pool.
function tls.of_pool(whole, pool, owners)
  local first = owners[1]
  local kind = first.kind == "service" and "ssl service" or "ssl serviceGroup"
  local o = settings(whole, kind, first.name)
  for i = 2, #owners do
    local other = whole:peek(owners[i].kind == "service" and "ssl service" or "ssl serviceGroup", owners[i].name)
    if other then model.part(other.line, "a pool speaks TLS in one way: that of " .. first.name, true) end
  end
  local found = bindings(whole, o)
  local fields = found.own[1] and certificate_of(whole, found.own[1]) or {}
  if #found.authorities > 0 then fields[#fields + 1] = { "trust", trust_of(found.authorities) } end
  fields[#fields + 1] = { "minimum", o and minimum_of(o) or "1.0" }
  pool.tls, pool.verify_server = whole:name(pool.name .. "-servers"), o and o:is_on("serverAuth") or false
  pool.tls_name = pool.verify_server and o:get("commonName") or nil
  whole.tls[#whole.tls + 1] = { name = pool.tls, fields = fields, from = "to the servers of " .. pool.name }
end

return tls
