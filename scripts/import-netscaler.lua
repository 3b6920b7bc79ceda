-- SPDX-License-Identifier: Apache-2.0
-- import-netscaler.lua: the tool behind `lychctl import-netscaler`: a configuration of an ns.conf, and a report on each
-- of its lines.  0: all that affects traffic was mapped; 2: some was not, or the call is wrong; 1: the file cannot be
-- read, or nothing is written.

local expressions = use "netscaler/expressions"
local listeners = use "netscaler/listeners"
local read = use "netscaler/read"
local report = use "netscaler/report"
local write = use "netscaler/write"

local USAGE = "usage: lychctl import-netscaler FILE [-o CONFIG] [-r REPORT]"

-- { file, o, r } of the words; nil: they are none.
local function take(words)
  local a, i = {}, 1
  while words[i] do
    if words[i] == "-o" or words[i] == "-r" then
      if not words[i + 1] then return nil end
      a[words[i]:sub(2)], i = words[i + 1], i + 2
    elseif a.file or words[i]:find("^%-.") then
      return nil
    else
      a.file, i = words[i], i + 1
    end
  end
  return a.file and a
end

-- What the builders share beside the model.
local function prepare(whole, host)
  local names, files = {}, {}
  whole.host = host
  for _, made in ipairs { "tls", "pools", "listeners", "left_out", "policies", "taken", "groups" } do
    whole[made] = {}
  end
  for _, g in ipairs(whole:all("lb group")) do
    for _, b in ipairs(g.binds) do
      b.line.status = "mapped"
      if b.args.vserver or b.args.target then
        whole.groups[(b.args.vserver or b.args.target):lower()] = whole:find("lb group", g.name)
      end
    end
  end

  -- A name of ours for one of theirs: always the same, and no two alike.
  function whole:name(text)
    local plain = text:gsub("[^%w._:@-]", "_")
    if plain == "" then plain = "_" end
    local n, name = 1, plain
    while names[name] and names[name] ~= text do
      n = n + 1
      name = plain .. "-" .. n
    end
    names[name] = text
    return name
  end

  function whole:maker(plugin)
    local function patset(name)
      local set = self:find("policy patset", name)
      if not set then return nil end
      local list = {}
      for i, b in ipairs(set.binds) do
        list[i], b.line.status = b.args.text or b.args.target or "", "mapped"
      end
      return #list > 0 and list or nil
    end
    local function named(name)
      local e = self:find("policy expression", name)
      return e and e.args.text
    end
    return expressions.maker(plugin, patset, named)
  end

  -- Keeps a policy's text; what stands for it in `policies`.
  function whole:policy(name, text)
    local plain = name:gsub("[^%w_-]", "_")
    local file, n = plain .. ".lua", 1
    while files[file] do
      n = n + 1
      file = plain .. "-" .. n .. ".lua"
    end
    files[file] = true
    self.policies[#self.policies + 1] = { path = "policies/" .. file, text = text }
    return "./policies/" .. file
  end
end

local function save(host, path, text)
  local ok, reason = host.save(path, text)
  if not ok then host.complain("lychctl: cannot write " .. path .. ": " .. reason) end
  return ok
end

local function write_out(host, whole, a)
  local text = write.configuration(whole, a.file)
  if not a.o then
    host.write(text .. write.as_comments(whole))
    return true
  end
  local folder = a.o:match("^(.*/)") or ""
  if #whole.policies > 0 then
    local ok, reason = host.folder(folder .. "policies")
    if not ok then host.complain("lychctl: cannot make " .. folder .. "policies: " .. reason) return false end
  end
  for _, p in ipairs(whole.policies) do
    if not save(host, folder .. p.path, p.text) then return false end
  end
  return save(host, a.o, text)
end

local function tell(host, text, a)
  if a.r then return save(host, a.r, text) end
  host.complain((text:gsub("\n$", "")))
  return true
end

return function(host, words)
  local a = take(words)
  if not a then
    host.complain(USAGE)
    return 2
  end
  collectgarbage("generational") -- nearly all that is made stays
  local text, reason = host.read(a.file)
  local whole
  if text then whole, reason = read.model(text) end
  if not whole then
    host.complain(string.format("lychctl: cannot read %s: %s", a.file, reason))
    return 1
  end
  prepare(whole, host)
  listeners.build(whole)
  whole:finish()
  local told, lost = report.text(whole, a.file)
  if not tell(host, told, a) then return 1 end
  if whole.wrong > 0 then
    host.complain(string.format("lychctl: %s: %d lines cannot be read, so nothing is written: see the report", a.file,
      whole.wrong))
    return 1
  end
  return write_out(host, whole, a) and (lost and 2 or 0) or 1
end
