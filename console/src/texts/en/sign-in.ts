// Signing in.

export const signIn = {
  title: "Sign in to Tributary",
  withPassword: "E-mail and password",
  withToken: "API token",
  email: "E-mail",
  password: "Password",
  token: "API token",
  tokenHint: "Printed once at the first start; another one: `npm run tributary -- token create`",
  tokenKept: "Kept in this tab only, until you close it or sign out.",
  submit: "Sign in",
  wrongToken: "This token is not valid.",
  wrongTokenHint: "Copy it whole, without quotes. It may have been revoked or have expired.",
  wrongPassword: "E-mail and password do not match.",
  ended: "Your session has ended. Sign in again to go on where you were.",
};
