/** A certificate for `localhost`, signed by itself, for 100 years. Its key is no secret: it is only ever trusted by tests. */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcIZuKKLwP/kcJJGm
OJtAxVEAEqYYZigC6RSoBPnxGtyhRANCAASLmlW/2jtKkjMTMxaVRAjiypQmf4Bm
nX2IUoQuyPA09dYXUcyb+WQ3eMmIw5b3+cm+XvwzlwyARLrKMShH7Vmo
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUf6ykjBFkg02OW2W+y0neBvaO/i0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIzMDQxM1oYDzIxMjYxMDI5
MjMwNDEzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASLmlW/2jtKkjMTMxaVRAjiypQmf4BmnX2IUoQuyPA09dYXUcyb+WQ3
eMmIw5b3+cm+XvwzlwyARLrKMShH7Vmoo2kwZzAdBgNVHQ4EFgQUQ7+oWl6oWmtr
Jebv2+oaCYZOLWkwHwYDVR0jBBgwFoAUQ7+oWl6oWmtrJebv2+oaCYZOLWkwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAIvXZjB5AutW03UWo2/Us+UHDp13sFM49Q1hnouhataPAiAx5HrxnNMQ
zGCJQOhMt0T6t+TrtUYDFq4v1NiBB135aw==
-----END CERTIFICATE-----
`,
};
