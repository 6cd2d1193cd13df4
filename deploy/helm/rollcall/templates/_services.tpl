{{- /* A service's values: the defaults, and over them its own. Takes dict root, name. YAML. */ -}}
{{- define "rollcall.service" -}}
{{- $own := default dict (index .root.Values.services .name) -}}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $own)) -}}
{{- end -}}

{{- /* All that are enabled, by name. YAML. */ -}}
{{- define "rollcall.enabled" -}}
{{- $root := . -}}
{{- range $name := keys .Values.services | sortAlpha }}
{{- $service := include "rollcall.service" (dict "root" $root "name" $name) | fromYaml }}
{{- if $service.enabled }}
{{ $name }}:
  {{- toYaml $service | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "rollcall.gracePeriod" -}}
{{- $needed := add (.preStopSeconds | int) (.drainDelay | int) (.shutdownTimeout | int) 20 -}}
{{- $given := .terminationGracePeriodSeconds | toString -}}
{{- if not $given -}}
{{- add $needed 5 -}}
{{- else if lt (int $given) (int $needed) -}}
{{- fail (printf "terminationGracePeriodSeconds: %s is less than the %d seconds that a stop may take" $given $needed) -}}
{{- else -}}
{{- $given -}}
{{- end -}}
{{- end -}}

{{- /* The issuers that a service trusts, as OIDC_ISSUERS has them. Takes dict root, service. */ -}}
{{- define "rollcall.issuers" -}}
{{- $root := .root -}}
{{- $issuers := list -}}
{{- if and .service.trustDeviceAdmin (include "rollcall.enabled" $root | fromYaml | dig "device-admin" "") -}}
{{- $admin := include "rollcall.service" (dict "root" $root "name" "device-admin") | fromYaml -}}
{{- $runtime := index (first $root.Values.catalogue.runtimes) "name" -}}
{{- $host := include "rollcall.name" (dict "root" $root "name" "device-admin") -}}
{{- $address := printf "http://%s:80/%s/api/az/v1/jwks" $host $runtime -}}
{{- $issuers = append $issuers (printf "%s|%s|%s" $root.Values.tokens.issuer $root.Values.tokens.audience $address) -}}
{{- end -}}
{{- range .service.oidcIssuers -}}
{{- $issuers = append $issuers (printf "%s|%s|%s" .issuer .audience .jwksUrl) -}}
{{- end -}}
{{- join "," $issuers -}}
{{- end -}}

{{- /* Which files come from Secrets: variable, Secret, key, path. Takes dict root, name. YAML list. */ -}}
{{- define "rollcall.files" -}}
{{- $root := .root -}}
{{- $fixed := index ($root.Files.Get "files/deployables.yaml" | fromYaml) .name -}}
{{- $variables := $fixed.files -}}
{{- if and (eq .name "email-handlers") $root.Values.smtp.username }}{{ $variables = append $variables "SMTP_PASSWORD_FILE" }}{{ end -}}
{{- range $variables }}
{{- $from := index $root.Values.secrets.variables . }}
- {variable: {{ . }}, secret: {{ default $root.Values.secrets.name $from.secret | quote }}, key: {{ $from.key | quote }}, path: {{ trimSuffix "_FILE" . | lower | replace "_" "-" | quote }}}
{{- end }}
{{- if and $fixed.catalogue $root.Values.catalogueSecret.name }}
- {variable: CATALOGUE_FILE, secret: {{ $root.Values.catalogueSecret.name | quote }}, key: {{ $root.Values.catalogueSecret.key | quote }}, path: catalogue.yaml}
{{- end }}
{{- if ne .name "topics" }}
- {variable: MONGODB_URI_FILE, secret: {{ $root.Values.mongodb.secret | quote }}, key: {{ .name | quote }}, path: mongodb-uri}
{{- end }}
{{- $kafka := $root.Values.kafka }}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
- {variable: KAFKA_PASSWORD_FILE, secret: {{ include "rollcall.kafkaSecret" . | quote }}, key: password, path: kafka-password}
{{- else if eq $kafka.securityProtocol "SSL" }}
- {variable: KAFKA_CERT_FILE, secret: {{ include "rollcall.kafkaSecret" . | quote }}, key: user.crt, path: kafka.crt}
- {variable: KAFKA_KEY_FILE, secret: {{ include "rollcall.kafkaSecret" . | quote }}, key: user.key, path: kafka.key}
{{- end }}
{{- end -}}

{{- /* What the Secrets of a deployable hold now, without saying what: changes whenever one of them does. */ -}}
{{- define "rollcall.secretVersions" -}}
{{- $root := .root -}}
{{- $names := list -}}
{{- range include "rollcall.files" . | fromYamlArray }}{{ $names = append $names .secret }}{{ end -}}
{{- range list $root.Values.mongodb.caSecret $root.Values.kafka.caSecret }}{{ $names = append $names . }}{{ end -}}
{{- range $names | compact | uniq | sortAlpha -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace . -}}
{{ . }}={{ dig "metadata" "uid" "" $found }}/{{ dig "metadata" "resourceVersion" "" $found }};
{{- end -}}
{{- end -}}
