// The door of this folder: who may do what, what was changed by whom, the settings in force, the first start, and the map of
// personal data.
export { ANONYMOUS, recordAccountAudit } from "./account-audit.ts";
export {
  createPasswordReset, findInvitation, hasFreshReset, INVITATION_MS, invitationsBy, invite, listInvitations, openInvitation, PASSWORD_RESET_MS, takePasswordReset,
  withdrawInvitation, type Invitation, type MadeInvitation, type OpenInvitation,
} from "./account-links.ts";
export { createAccount, endSessions, findAccount, newPassword, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, renameAccount, setPassword, switchOffTwoFactor, type Account } from "./account-store.ts";
export {
  AUTH_PREFIX, CLIENT_ADDRESS_HEADER, createAccounts, SESSION_COOKIE, type Accounts, type AccountsOptions, type Session,
} from "./accounts.ts";
export { listAudit, recordAudit, type AuditEntry, type AuditFilter, type StoredAuditEntry } from "./audit.ts";
export { appendBootstrapControls, bootstrap, type BootstrapOptions, type Bootstrapped } from "./bootstrap.ts";
export { CONTROL_WAIT_MS, createControl, type AppendedControl, type Control, type ControlReceipt, type Processed } from "./control.ts";
export {
  createFieldDecisionsCache, fieldDecisions, readFields, setFields,
  type FieldChange, type FieldChangeContext, type FieldDecision, type FieldDecisions, type FieldDecisionsCache, type FieldStanding,
} from "./field-decisions.ts";
export { knownField, type KnownField } from "./known-fields.ts";
export { MASK, maskKindOf, maskTree, maskValue, maskWithin, type LeafKind, type MaskKind } from "./mask.ts";
export { createReadAudit, type ReadAudit, type ReadEntry } from "./read-audit.ts";
export {
  addMember, countOwners, findMember, listMembers, lockMembers, membershipsOf, removeMember, setRole, stillHolds, type Member, type Membership,
} from "./members.ts";
export { personalDataMap, type PersonalDataPlace } from "./personal-data-map.ts";
export { listRejectedKeys, type RejectedKey } from "./rejected-keys.ts";
export { askRemoval, createRemovals, lastRemovalFrom, type Removal, type Removals } from "./removals.ts";
export { createSettingsCache, readSettings, type SettingsCache, type SettingsInForce } from "./settings.ts";
export {
  changeSource, createSource, listSources, readSource, refuseTooManySources, SOURCES_MAX, type NewSource, type Source, type SourceChange,
} from "./sources.ts";
export { createSingleSignOn, discoveryOf, type SingleSignOn, type SingleSignOnOptions } from "./single-sign-on.ts";
export {
  countTokensBy,
  createToken,
  createTokenDirectory,
  hashSecret,
  hasScope,
  listTokens,
  revokeToken,
  revokeTokensBy,
  tokensBy,
  type ApiToken,
  type NewToken,
  type StoredToken,
  type TokenDirectory,
} from "./tokens.ts";
export {
  asOwner,
  changeWorkspace,
  createWorkspace,
  findWorkspace,
  firstControls,
  listWorkspaces,
  workspaceScopes,
  type MadeWorkspace,
  type NewWorkspace,
  type Workspace,
} from "./workspaces.ts";
export {
  CONSOLE_KIND,
  createWriteKey, limitWriteKey, readKeyUse, readLastKeyUse, revokeWriteKey, type KeyPlace, type KeyUseRow, type MadeWriteKey, type WriteKey,
} from "./write-keys.ts";
export { createWorkspaceCache, type WorkspaceCache } from "./workspace-cache.ts";
