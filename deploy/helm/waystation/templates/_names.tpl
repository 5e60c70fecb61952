{{- define "waystation.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "waystation.labels" -}}
app.kubernetes.io/name: waystation
app.kubernetes.io/instance: {{ quote .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "waystation.secret" -}}
{{- default (printf "%s-secrets" (include "waystation.name" .)) .Values.existingSecret -}}
{{- end -}}

{{- define "waystation.pod" -}}
automountServiceAccountToken: false
# Kubernetes would put variables such as WAYSTATION_API_PORT into each container, which are settings here
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "waystation.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{- define "waystation.container" -}}
{{ include "waystation.image" .root }}
command: [node, {{ if eq .component "rendezvous" }}--max-semi-space-size=8, {{ end }}services/{{ .component }}/dist/main.js]
resources: {{ toYaml .service.resources | nindent 2 }}
startupProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  # clients stay where they are while Redis is away: all replicas would be left at once
  httpGet: { path: {{ ternary "/serving" "/readyz" (has .component (list "rendezvous" "relay")) }}, port: ops }
  periodSeconds: 5
  timeoutSeconds: 4
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{- /*
What the chart decides itself (own), then the settings for all services, then those of the service:
each name once, the last one wins. YAML reads Y as true and 1000000 as a broken number; both become
what the services understand.
*/ -}}
{{- define "waystation.env" -}}
{{- $own := merge (dict) (default dict .own) (dict "OPS_BIND" "0.0.0.0" "OPS_ADVERTISE" "$(POD_IP)") }}
{{- $given := merge (dict) .service.settings .root.Values.settings }}
{{- $fixed := list "BIND" "PORT" "API_PORT" "OPS_PORT" "RUN_DIR" "KEY_DIR" "WAYSTATION_HOST" "WAYSTATION_DATA_DIR" "WAYSTATION_DRAIN_SECONDS" "WAYSTATION_RELAY_LINK_HOST" "WAYSTATION_RELAY_LINK_PORT" "REDIS_URL" "DATABASE_URL" "DATA_KEY" "METRICS_TOKEN" }}
{{- range $name, $value := $given }}
{{- if has $name $fixed }}
{{- fail (printf "settings: %s is decided by the chart; look for it in values.yaml" $name) }}
{{- end }}
{{- end -}}
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" .root | quote }}, key: redis-url } }
- name: METRICS_TOKEN
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" .root | quote }}, key: metrics-token, optional: true } }
- { name: OPS_PORT, value: "{{ .opsPort }}" }
- { name: RUN_DIR, value: /tmp }
- { name: WAYSTATION_HOST, value: {{ required "host: the public name of this server" .root.Values.host | quote }} }
{{- range $name, $value := merge (dict) $given $own }}
{{- if kindIs "bool" $value }}
- { name: {{ $name }}, value: {{ ternary "Y" "N" $value | quote }} }
{{- else if and (kindIs "float64" $value) (eq (float64 (int64 $value)) $value) }}
- { name: {{ $name }}, value: {{ int64 $value | toString | quote }} }
{{- else }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
{{- end -}}

{{- /* settings that are secrets, from a secret of the operator's own */ -}}
{{- define "waystation.envFrom" -}}
{{- with .Values.settingsSecret -}}
envFrom: [{ secretRef: { name: {{ quote . }} } }]
{{- end -}}
{{- end -}}

{{- define "waystation.inside" -}}
PROBE_INSIDE: {{ printf "%[1]s-rendezvous,%[1]s-relay,%[1]s-api" (include "waystation.name" .) }}
{{- end -}}

{{- define "waystation.database" -}}
- name: DATA_KEY
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" . | quote }}, key: data-key } }
{{- if ne .Values.api.database "sqlite" }}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" . | quote }}, key: database-url } }
{{- end }}
{{- end -}}

{{- define "waystation.families" -}}
{{- with .Values.ipFamilyPolicy -}}
ipFamilyPolicy: {{ . }}
{{- end -}}
{{- end -}}
