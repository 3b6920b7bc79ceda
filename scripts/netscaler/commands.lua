-- SPDX-License-Identifier: Apache-2.0
-- commands.lua: the grammar of ns.conf, as data.  A command is a verb and an object; what it takes:
--
--   args      names of the words in their places; those in `needs` have to be there
--   options   rows as below, or the name of the object whose rows they are
--   none      why the command says nothing to an application gateway
--   refuse    why it cannot be mapped though it may matter to traffic
--
-- Of an option:
--   n         how many words follow it: 1 unless it says otherwise, "any" up to the next option
--   default   what NetScaler takes when ns.conf is silent
--   neutral   values that ask for nothing but what the gateway does anyway
--   harmless  why nobody misses it; NO, OFF and DISABLED are neutral then
--   silent    true: nothing is lost, whatever it says
--   meant     what it would have done
--   secret    its value is not to be shown

local TUNING = "tuning inside the appliance"
local REPORTING = "a report of the appliance's, not traffic"

local function rows(list)
  local by_name = {}
  for _, row in ipairs(list) do by_name[row[1]:lower()] = row end
  return by_name
end

local function with(base, list)
  local all = rows(list)
  for name, row in pairs(base) do all[name] = all[name] or row end
  return all
end

local common = rows {
  { "comment", silent = true }, { "appflowLog", harmless = REPORTING }, { "td", neutral = "0", meant = "a traffic domain" },
  { "devno", silent = true }, { "gslb", neutral = "NONE", meant = "global balancing" },
  { "state", default = "ENABLED", neutral = "ENABLED", meant = "the state" },
}

local service = with(common, {
  { "maxClient", default = "0" }, { "maxReq", neutral = "0", meant = "requests of one connection to a server at most" },
  { "maxBandwidth", neutral = "0", meant = "a limit of bandwidth" }, { "cip", n = 2, default = "DISABLED" },
  { "usip", default = "NO" }, { "useproxyport", silent = true },
  { "pathMonitor", neutral = "NO", meant = "a monitor of the path" }, { "pathMonitorIndv", neutral = "NO", meant = "a monitor of the path" },
  { "sp", neutral = "OFF", meant = "surge protection" }, { "rtspSessionidRemap", neutral = "OFF", meant = "RTSP" },
  { "cltTimeout" }, { "svrTimeout" }, { "CKA", harmless = "keep-alive of clients, which the gateway has anyway" },
  { "TCPB", harmless = TUNING .. ": TCP buffering" }, { "CMP", neutral = "NO", meant = "compression of answers" },
  { "cacheable", neutral = "NO", meant = "a cache" }, { "healthMonitor", default = "YES" },
  { "monThreshold", neutral = "0", meant = "the sum of monitors' weights that counts as up" },
  { "downStateFlush", neutral = "ENABLED", meant = "connections of a server that is down go on" },
  { "tcpProfileName", harmless = TUNING .. ": a profile of TCP" }, { "httpProfileName", meant = "a profile of HTTP" },
  { "netProfile", meant = "the address that server links come from" }, { "accessDown", neutral = "NO", meant = "traffic to servers that are down" },
  { "CustomServerID", neutral = "None", meant = "an identity for persistence by it" }, { "hashId", meant = "an identity for hashes" },
  { "serverID", meant = "an identity for persistence" }, { "weight" },
  { "autoScale", neutral = "DISABLED", meant = "members that come and go" }, { "memberPort", meant = "the port of members that come and go" },
  { "trofsPersistence", neutral = "ENABLED", meant = "who belongs to a server that is drained" },
  { "monConnectionClose", neutral = "NONE", harmless = "how a probe ends" }, { "processLocal", harmless = TUNING },
  { "port" }, { "delay", harmless = "time to drain at a change of state" }, { "graceFul", harmless = "drains at a change of state" },
})

local monitor = with(common, {
  { "interval", n = 2, default = "5" }, { "resptimeout", n = 2, default = "2" }, { "downTime", n = 2, default = "30" },
  { "retries", default = "3" }, { "failureRetries", neutral = "0", meant = "so many of the last tries have to fail" },
  { "successRetries", default = "1" }, { "alertRetries", harmless = REPORTING }, { "snmpAlertRetries", harmless = REPORTING },
  { "destIP", neutral = "0.0.0.0|0.0.0.0 0", meant = "another machine is asked" }, { "destPort" }, { "reverse", default = "NO" },
  { "LRTM", harmless = "measures answers for the method LRTM" }, { "secure", default = "NO" }, { "send" }, { "recv" },
  { "httpRequest" }, { "respCode", n = "any" }, { "customHeaders" }, { "sipMethod", default = "OPTIONS" }, { "sipURI" },
  { "sipregURI", meant = "whom REGISTER names" }, { "maxForwards", default = "1" }, { "scriptName", meant = "a script" },
  { "scriptArgs", meant = "a script" }, { "userName", meant = "a user to sign in" },
  { "password", meant = "a secret: key to re-enter", secret = true }, { "encrypted", n = 0, meant = "a secret that cannot be read: key to re-enter" },
  { "encryptmethod", harmless = "how the secret is kept" }, { "deviation", neutral = "0", meant = "LRTM" },
  { "transparent", neutral = "NO", meant = "probes through a transparent device" }, { "tos", neutral = "NO", meant = "probes with a type of service" },
  { "ipTunnel", neutral = "NO", meant = "probes through a tunnel" }, { "netProfile", meant = "the address that probes come from" },
  { "sslProfile", meant = "a profile of TLS" },
})

local vserver = with(common, {
  { "range", default = "1" }, { "IPPattern", meant = "a pattern of addresses" }, { "IPMask", meant = "a pattern of addresses" },
  { "persistenceType", default = "NONE" }, { "timeout", default = "2" }, { "persistenceBackup", default = "NONE" },
  { "backupPersistenceTimeout", default = "2" }, { "lbMethod", default = "LEASTCONNECTION" },
  { "backupLBMethod", harmless = "what a method falls back to" }, { "hashLength", harmless = "hashes here take all of the text" },
  { "netmask", default = "255.255.255.255" }, { "v6netmasklen", default = "128" }, { "persistMask", default = "255.255.255.255" },
  { "v6persistmasklen", default = "128" }, { "cookieName" }, { "rule" },
  { "resRule", meant = "persistence by a fact of the answer" }, { "Listenpolicy", neutral = "None|NONE", meant = "only some of the traffic" },
  { "listenPriority", harmless = "of use with a listen policy" }, { "m", neutral = "IP", meant = "servers reached past routing" },
  { "connfailover", neutral = "DISABLED", meant = "connections go on in the other appliance" }, { "cltTimeout" },
  { "soMethod", neutral = "NONE", meant = "spillover" }, { "soThreshold", meant = "spillover" }, { "soPersistence", neutral = "DISABLED", meant = "spillover" },
  { "soPersistenceTimeOut", harmless = "of use with spillover" }, { "soBackupAction", meant = "spillover" }, { "backupVServer" },
  { "disablePrimaryOnDown", neutral = "DISABLED", meant = "the backup keeps what it has" },
  { "downStateFlush", neutral = "ENABLED", meant = "connections of a server that is down go on" },
  { "insertVserverIPPort", neutral = "OFF", meant = "a header with the virtual server's address" }, { "vipHeader", harmless = "of use with insertVserverIPPort" },
  { "redirectURL", meant = "where clients are sent while all servers are down" },
  { "redirectFromPort", meant = "a second port that redirects to this one" }, { "httpsRedirectUrl", meant = "where that port redirects to" },
  { "redirectPortRewrite", neutral = "DISABLED", meant = "ports in redirects of the servers" },
  { "tcpProfileName", harmless = TUNING .. ": a profile of TCP" }, { "httpProfileName", meant = "a profile of HTTP" },
  { "dbProfileName", meant = "a profile of a database" }, { "netProfile", meant = "the address that server links come from" },
  { "healthThreshold", neutral = "0", meant = "how many servers have to be up" }, { "sessionless", neutral = "DISABLED", meant = "packets without sessions" },
  { "pq", neutral = "OFF", meant = "priorities" }, { "sc", neutral = "OFF", meant = "a queue ahead of servers" }, { "rtspNat", neutral = "OFF", meant = "RTSP" },
  { "newServiceRequest", n = 2, meant = "a slow start counted in requests; give the pool slow_start, a time" },
  { "newServiceRequestIncrementInterval", meant = "a slow start counted in requests; give the pool slow_start, a time" },
  { "icmpVsrResponse", harmless = "answers to ping are the system's" }, { "RHIstate", harmless = "routing is the system's" },
  { "authentication", neutral = "OFF", meant = "users sign in at the appliance" }, { "authn401", neutral = "OFF", meant = "users sign in at the appliance" },
  { "authnVsName", meant = "users sign in at the appliance" }, { "authnProfile", meant = "users sign in at the appliance" },
  { "push", neutral = "DISABLED", meant = "push" }, { "cacheable", neutral = "NO", meant = "a cache" },
  { "minAutoscaleMembers", harmless = "of use with members that come and go" }, { "dataLength", meant = "where TOKEN looks" },
  { "dataOffset", meant = "where TOKEN looks" }, { "macmodeRetainvlan", harmless = "of use with -m MAC" },
  { "trofsPersistence", neutral = "ENABLED", meant = "who belongs to a server that is drained" }, { "bypassAAAA", harmless = "of DNS" },
  { "tosId", meant = "servers told by a type of service" }, { "probePort", harmless = "for other balancers" }, { "probeProtocol", harmless = "for other balancers" },
})

local switch = with(vserver, {
  { "caseSensitive", harmless = "hosts and paths of routes match capitals and small letters alike" }, { "precedence", neutral = "RULE", meant = "the order of URL policies" },
  { "targetType", meant = "global balancing" }, { "stateupdate", harmless = "whether it shows as down" },
  { "dnsRecordType", meant = "global balancing" }, { "ttl", meant = "global balancing" },
})

local bound = rows {
  { "weight" }, { "policyName" }, { "priority", silent = true }, { "gotoPriorityExpression", neutral = "END|NEXT", meant = "which policy is asked next" },
  { "type", silent = true },
  { "invoke", n = 2, meant = "another list of policies is asked" }, { "labelType", meant = "another list of policies" }, { "labelName", meant = "another list of policies" },
  { "order", neutral = "1", meant = "servers that come after others" }, { "serviceGroupName" },
}

local member = with(service, { { "monitorName" }, { "monState", default = "ENABLED" }, { "passive", n = 0, meant = "a monitor that does not count" },
  { "policyName", meant = "a policy of the service" } })

local switched = with(bound, { { "lbvserver" }, { "vServer" }, { "targetLBVserver" } })

local tls = rows {
  { "ssl3", default = "DISABLED" }, { "tls1", default = "ENABLED" }, { "tls11", default = "ENABLED" }, { "tls12", default = "ENABLED" },
  { "tls13", harmless = "TLS 1.3 is always spoken" }, { "clientAuth", default = "DISABLED" }, { "clientCert", default = "Mandatory" },
  { "SNIEnable", neutral = "ENABLED", harmless = "certificates are always chosen by name" }, { "sessReuse", default = "ENABLED" },
  { "sessTimeout", harmless = "sessions are resumed for four hours at most" }, { "sessionTicket", harmless = "see -sessReuse" },
  { "sessionTicketLifeTime", harmless = "sessions are resumed for four hours at most" }, { "sslProfile" }, { "HSTS" }, { "maxage", default = "0" },
  { "IncludeSubdomains" }, { "preload" }, { "serverAuth", default = "DISABLED" }, { "commonName" },
  { "dh", harmless = "keys are agreed on over curves" }, { "dhFile", harmless = "keys are agreed on over curves" }, { "dhCount", harmless = "keys are always new" },
  { "dhKeyExpSizeLimit", harmless = TUNING }, { "eRSA", harmless = "export ciphers are not spoken" }, { "eRSACount", harmless = "export ciphers are not spoken" },
  { "cipherRedirect", neutral = "DISABLED", meant = "where clients with weak ciphers are sent" }, { "cipherURL", meant = "where clients with weak ciphers are sent" },
  { "sslv2Redirect", harmless = "SSL 2 is not spoken" }, { "ssl2", neutral = "DISABLED", meant = "SSL 2 does not exist here" },
  { "sslRedirect", neutral = "DISABLED", meant = "redirects of the servers are changed to https" },
  { "redirectPortRewrite", neutral = "DISABLED", meant = "ports in redirects of the servers" },
  { "ocspStapling", neutral = "DISABLED", meant = "an OCSP answer goes with the certificate" }, { "denySSLReneg", harmless = "clients cannot renegotiate" },
  { "pushEncTrigger", harmless = TUNING }, { "pushEncTriggerTimeout", harmless = TUNING }, { "pushFlag", harmless = TUNING },
  { "quantumSize", harmless = TUNING }, { "encryptTriggerPktCount", harmless = TUNING }, { "sendCloseNotify", neutral = "YES", meant = "links end without close_notify" },
  { "strictCAChecks", harmless = "chains are always checked whole" }, { "sslProfileType", harmless = "front or back shows where it is used" },
  { "nonFipsCiphers", neutral = "DISABLED", meant = "ciphers" }, { "zeroRttEarlyData", neutral = "DISABLED", meant = "early data" },
  { "strictSigDigestCheck", harmless = "signatures are always checked" }, { "insertionEncoding", harmless = "of headers with certificates" },
}

local certificate = rows {
  { "certkeyName" }, { "CA", n = 0 }, { "crlCheck" }, { "ocspCheck", neutral = "Optional", meant = "certificates of clients are asked of an OCSP responder" },
  { "skipCAName", n = 0, harmless = "the names of authorities are sent to clients" }, { "SNICert", n = 0 },
  { "cipherName" }, { "eccCurveName" }, { "policyName", meant = "a policy of TLS" }, { "priority", meant = "a policy of TLS" },
  { "type", meant = "a policy of TLS" }, { "cipherPriority", harmless = "the order of ciphers" },
}

local key = rows {
  { "cert" }, { "key" }, { "password", secret = true }, { "passcrypt", secret = true }, { "passplain", secret = true },
  { "encrypted", n = 0, secret = true }, { "encryptmethod", harmless = "how the secret is kept" }, { "inform", default = "PEM" },
  { "bundle", harmless = "the file may always hold a chain" }, { "expiryMonitor", harmless = REPORTING },
  { "notificationPeriod", harmless = REPORTING }, { "fipsKey", meant = "a key inside the appliance: key to re-enter" },
  { "hsmKey", meant = "a key inside a module: key to re-enter" }, { "linkCertKeyName" }, { "deleteFromDevice", harmless = "of the appliance" },
}

local rule = with(common, {
  { "rule" }, { "action" }, { "url" }, { "domain" }, { "undefAction", harmless = "conditions here always have a result" },
  { "logAction", harmless = REPORTING }, { "responseStatusCode", default = "302" }, { "reasonPhrase" },
  { "bypassSafetyCheck", harmless = "a check of the appliance's" }, { "search", meant = "replaces parts of a text" }, { "pattern", meant = "replaces parts of a text" },
  { "refineSearch", meant = "replaces parts of a text" }, { "targetLBVserver" }, { "targetVserver" }, { "targetVserverExpr", meant = "a virtual server by an expression" },
})

local group = rows {
  { "persistenceType", default = "NONE" }, { "timeout", default = "2" }, { "persistenceBackup", default = "NONE" },
  { "backupPersistenceTimeout", default = "2" }, { "persistMask", default = "255.255.255.255" }, { "v6persistmasklen", default = "128" },
  { "cookieName" }, { "rule" }, { "cookieDomain", meant = "the domain of the cookie" }, { "useVserverPersistency", neutral = "DISABLED", meant = "each member's own persistence" },
}

local function verbs(object, options, bind)
  return { add = options, set = options, bind = bind }
end

local commands = {}

-- What the commands of an object have in common: `name` first, and rows by verb.
local function object(name, args, needs, by_verb, more)
  for verb, options in pairs(by_verb) do
    local set = verb ~= "add"
    commands[verb .. " " .. name:lower()] = { verb = verb, object = name, options = options, needs = set and 1 or needs,
      args = set and (more or { "name", "target", "port" }) or args }
  end
  for _, verb in ipairs { "enable", "disable", "unset" } do
    commands[verb .. " " .. name:lower()] = { verb = verb, object = name, options = by_verb.add, needs = 1, args = { "name", "target", "port" } }
  end
end

object("server", { "name", "address" }, 2, verbs("server", with(common, {
  { "domainResolveRetry", harmless = "see gateway { resolve }" }, { "domainResolveNow", n = 0, harmless = "at once" },
  { "IPv6Address", harmless = "both kinds of addresses are asked for" }, { "translationIp", meant = "translated addresses" },
  { "translationMask", meant = "translated addresses" }, { "delay", harmless = "time to drain" }, { "graceFul", harmless = "drains" } })))
object("service", { "name", "server", "type", "port" }, 4, verbs("service", service, member))
object("serviceGroup", { "name", "type" }, 2, verbs("serviceGroup", service, member))
object("lb monitor", { "name", "type" }, 2, verbs("lb monitor", monitor, rows { { "state" }, { "weight" }, { "certkeyName" }, { "metric" } }))
object("lb vserver", { "name", "type", "address", "port" }, 2, verbs("lb vserver", vserver, bound))
object("lb group", { "name", "vserver" }, 1, verbs("lb group", group, {}), { "name", "vserver" })
object("cs vserver", { "name", "type", "address", "port" }, 2, verbs("cs vserver", switch, switched))
object("cs policy", { "name" }, 1, verbs("cs policy", rule))
object("cs action", { "name" }, 1, verbs("cs action", rule))
object("responder action", { "name", "type", "target" }, 2, verbs("responder action", rule))
object("responder policy", { "name", "rule", "action", "undef" }, 3, verbs("responder policy", rule))
object("rewrite action", { "name", "type", "target", "text" }, 3, verbs("rewrite action", rule))
object("rewrite policy", { "name", "rule", "action", "undef" }, 3, verbs("rewrite policy", rule))
object("ssl certKey", { "name" }, 1, verbs("ssl certKey", key))
object("ssl profile", { "name" }, 1, verbs("ssl profile", tls, certificate))
object("ssl crl", { "name", "file" }, 2, verbs("ssl crl", rows { { "refresh", harmless = "the file is read again when it changes" },
  { "inform", harmless = "both kinds are read" }, { "CAcert", harmless = "its authority is found by name" }, { "url", meant = "where it is fetched from" },
  { "method", meant = "how it is fetched" }, { "interval", meant = "how often it is fetched" }, { "day", harmless = "when" }, { "time", harmless = "when" } }))
object("policy expression", { "name", "text" }, 2, verbs("policy expression", with(common, { { "clientSecurityMessage", meant = "a check of clients" } })))
object("policy patset", { "name" }, 1, verbs("policy patset", rows { { "comment", silent = true } }, rows { { "index", silent = true }, { "charset", neutral = "ASCII", meant = "a set of characters" } }), { "name", "text" })
for _, name in ipairs { "ssl vserver", "ssl service", "ssl serviceGroup" } do
  commands["set " .. name:lower()] = { verb = "set", object = name, options = tls, args = { "name" }, needs = 1 }
  commands["bind " .. name:lower()] = { verb = "bind", object = name, options = certificate, args = { "name" }, needs = 1 }
end
commands["link ssl certkey"] = { verb = "link", object = "ssl certKey", options = {}, args = { "name", "parent" }, needs = 2 }
for _, name in ipairs { "responder", "rewrite" } do
  commands["bind " .. name .. " global"] = { verb = "bind", object = name .. " global", options = bound, args = { "policy", "priority", "goto" }, needs = 2 }
end
commands["set lb parameter"] = { verb = "set", object = "lb parameter", args = {}, needs = 0, options = rows {
  { "httpOnlyCookieFlag", default = "ENABLED" }, { "startupRRFactor", neutral = "0", meant = "a slow start counted in requests; give the pools slow_start, a time" },
  { "usePortForHashLb", meant = "the port counts in hashes" }, { "monitorConnectionClose", harmless = "how a probe ends" },
  { "consolidatedLConn", harmless = "connections are counted for each thread" }, { "consolidatedLConnGlobal", harmless = "connections are counted for each thread" },
  { "preferDirectRoute", harmless = "routing is the system's" }, { "vServerSpecificMac", harmless = "routing is the system's" },
  { "useSecuredPersistenceCookie", harmless = "the cookie is always signed" }, { "cookiePassphrase", harmless = "see gateway { secret }", secret = true },
  { "sessionsThreshold", meant = "how many persistence entries there may be" }, { "allowBoundSvcRemoval", harmless = "of the appliance's shell" } } }

-- ---- What is known and not mapped ----

local MANAGEMENT = "management of the appliance"
local NETWORK = "addresses, routes and interfaces are the operating system's"

-- By the beginning of what follows the verb; the longest wins.
commands.families = {
  ["ns ip"] = { none = "an address of the appliance's own: give the machine those that listeners bind, and those that servers expect" },
  ["ns feature"] = { none = "the gateway has what its configuration uses" }, ["ns mode"] = { none = "services say it themselves (-usip); the rest is the operating system's" },
  ["ns config"] = { none = MANAGEMENT }, ["ns hostname"] = { none = MANAGEMENT }, ["ns license"] = { none = "a licence" }, ["ns capacity"] = { none = "a licence" },
  ["ns encryptionparams"] = { none = MANAGEMENT }, ["ns rpcnode"] = { none = "another appliance" }, ["ns diameter"] = { none = MANAGEMENT },
  ["ns tcpbufparam"] = { none = TUNING }, ["ns tcpparam"] = { none = TUNING }, ["ns tcpprofile"] = { none = TUNING .. ": TCP; the gateway never holds small segments back" },
  ["ns httpprofile"] = { refuse = "a profile of HTTP: connections, websockets and bad requests; see lychgate-https(7)" }, ["ns httpparam"] = { refuse = "settings of HTTP for all virtual servers" },
  ["ns param"] = { refuse = "settings for all virtual servers" }, ["ns timeout"] = { refuse = "idle times for all virtual servers; give listeners limits.idle" },
  ["netprofile"] = { refuse = "the address that server links come from" }, ["ns limitidentifier"] = { refuse = "a limit of rate; see responder/rate-limit" },
  ["ns limitselector"] = { refuse = "a limit of rate; see responder/rate-limit" }, ["ns acl"] = { refuse = "a packet filter: the operating system's" }, ["ns acls"] = { none = "a packet filter: the operating system's" },
  ["ns pbr"] = { none = NETWORK }, ["ns"] = { none = MANAGEMENT }, ["lb sipparameters"] = { refuse = "settings of SIP for all virtual servers: answers 503, Retry-After, rport, ports for servers that begin" },
  ["ha"] = { none = "high availability of appliances; run two gateways and VRRP" }, ["cluster"] = { none = "high availability of appliances" },
  ["gslb"] = { refuse = "global balancing by DNS" }, ["rnat"] = { refuse = "address translation for servers that connect out: the operating system's" }, ["rnat6"] = { refuse = "address translation: the operating system's" },
  ["ssl cipher"] = { refuse = "a list of ciphers; see tls { priority }" }, ["ssl parameter"] = { none = TUNING .. ": TLS" }, ["ssl fips"] = { none = MANAGEMENT },
  ["ssl policy"] = { refuse = "a policy of TLS" }, ["ssl action"] = { refuse = "a policy of TLS" }, ["ssl ocspresponder"] = { refuse = "an OCSP responder" }, ["ssl dhparam"] = { none = TUNING },
  ["responder policylabel"] = { refuse = "a list of policies that others ask" }, ["rewrite policylabel"] = { refuse = "a list of policies that others ask" }, ["responder param"] = { none = "conditions here always have a result" },
  ["rewrite param"] = { none = "conditions here always have a result" }, ["responder htmlpage"] = { refuse = "a page" }, ["cs parameter"] = { none = TUNING }, ["cs policylabel"] = { refuse = "a list of policies that others ask" },
  ["dns"] = { none = "names are the operating system's to resolve" }, ["lb metrictable"] = { none = REPORTING }, ["lb profile"] = { refuse = "a profile of balancing" },
  ["audit"] = { none = REPORTING }, ["appflow"] = { none = REPORTING }, ["snmp"] = { none = REPORTING }, ["analytics"] = { none = REPORTING }, ["system"] = { none = MANAGEMENT }, ["rdp"] = { none = MANAGEMENT },
  ["vlan"] = { none = NETWORK }, ["interface"] = { none = NETWORK }, ["channel"] = { none = NETWORK }, ["route"] = { none = NETWORK }, ["route6"] = { none = NETWORK }, ["lacp"] = { none = NETWORK },
  ["arp"] = { none = NETWORK }, ["arpparam"] = { none = NETWORK }, ["bridge"] = { none = NETWORK }, ["bridgetable"] = { none = NETWORK }, ["l2param"] = { none = NETWORK }, ["l3param"] = { none = NETWORK },
  ["l4param"] = { none = NETWORK }, ["ip6tunnelparam"] = { none = NETWORK }, ["iptunnelparam"] = { none = NETWORK }, ["nd6ravariables"] = { none = NETWORK }, ["vrid"] = { none = NETWORK }, ["ptp"] = { none = NETWORK },
  ["ipset"] = { none = NETWORK }, ["inat"] = { refuse = "address translation: the operating system's" }, ["inatparam"] = { none = NETWORK }, ["ipv6"] = { none = NETWORK }, ["forwardingsession"] = { none = NETWORK },
  ["ntp"] = { none = MANAGEMENT }, ["location"] = { none = "places of addresses, for global balancing" }, ["locationparameter"] = { none = "places of addresses, for global balancing" },
  ["smpp"] = { none = "another protocol" }, ["mapbmr"] = { none = NETWORK }, ["lsn"] = { refuse = "address translation: the operating system's" }, ["cmp"] = { none = "answers are not compressed here" },
  ["cache"] = { none = "there is no cache here" }, ["filter"] = { refuse = "old filters of HTTP" }, ["authentication"] = { refuse = "users sign in at the appliance" }, ["authorization"] = { refuse = "users sign in at the appliance" },
  ["aaa"] = { refuse = "users sign in at the appliance" }, ["vpn"] = { refuse = "remote access" }, ["tm"] = { refuse = "users sign in at the appliance" }, ["appfw"] = { refuse = "an application firewall" },
  ["transform"] = { refuse = "URLs that are rewritten" }, ["policy stringmap"] = { refuse = "a map for expressions" }, ["policy dataset"] = { refuse = "a set for expressions" }, ["policy param"] = { none = TUNING },
  ["dbuser"] = { none = "another protocol" }, ["db"] = { none = "another protocol" }, ["bot"] = { refuse = "an application firewall" }, ["videooptimization"] = { none = "video" }, ["feo"] = { none = "pages" },
  ["quic"] = { refuse = "QUIC" }, ["quicbridge"] = { refuse = "QUIC" }, ["spillover"] = { refuse = "spillover" }, ["stream"] = { none = REPORTING }, ["subscriber"] = { none = MANAGEMENT }, ["pcp"] = { none = NETWORK },
  ["autoscale"] = { none = MANAGEMENT }, ["cloud"] = { none = MANAGEMENT }, ["callhome"] = { none = MANAGEMENT }, ["extendedmemoryparam"] = { none = MANAGEMENT }, ["rise"] = { none = MANAGEMENT },
}

return commands
