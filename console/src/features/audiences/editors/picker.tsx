// Choosing from a list that is looked through by typing: events, properties, values. A word that one clicks, or a button.
import { Combobox, useCombobox } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { shortNumber } from "../../../ui/format.ts";
import { texts } from "../../../texts/texts.ts";

const t = texts.audiences;
/** More than these nobody looks through; typing finds the others. */
const SHOWN_MAX = 80;

export interface PickerOption {
  readonly value: string;
  readonly label: string;
  /** How often it came; more often means higher in the list. */
  readonly count?: number | undefined;
  readonly note?: string | undefined;
  readonly isChosen?: boolean;
}

export interface PickerGroup {
  readonly title: string;
  readonly options: readonly PickerOption[];
}

export interface PickerProps {
  /** What is chosen, for those who do not see it. */
  readonly label: string;
  readonly placeholder: string;
  /** What stands on the button. */
  readonly children: ReactNode;
  readonly isPlaceholder?: boolean;
  /** `quiet`: only seen where the pointer or the focus is. */
  readonly variant?: "word" | "add" | "add quiet" | "button";
  /** undefined: still loading. */
  readonly groups: readonly PickerGroup[] | undefined;
  readonly onPick: (value: string) => void;
  /** A choice for a text that is in no list. */
  readonly other?: (text: string) => string;
  /** Where what is typed may not have been looked for yet, it goes before what is listed. */
  readonly isOtherFirst?: boolean;
  /** Where the list itself depends on what is typed, it is not looked through here. */
  readonly onSearch?: (text: string) => void;
  readonly onOpen?: () => void;
  readonly onClose?: () => void;
  readonly staysOpen?: boolean;
  /** Its list stands where the button does, so that something which closes when one clicks beside it takes it for a part of itself. */
  readonly isWithin?: boolean;
  readonly opensAtOnce?: boolean;
  /** What was picked takes the focus itself. */
  readonly leavesFocus?: boolean;
  readonly head?: ReactNode;
  readonly note?: string | undefined;
}

export function Picker(props: PickerProps): ReactNode {
  const { label, placeholder, children, isPlaceholder = false, variant = "word", groups, onPick, other, isOtherFirst = false, onSearch, onOpen, onClose, staysOpen = false, isWithin = false, opensAtOnce = false, leavesFocus = false, head, note } = props;
  const [search, setSearch] = useState("");
  const look = (text: string): void => {
    setSearch(text);
    onSearch?.(text);
  };
  const isPicked = useRef(false);
  const box = useCombobox({
    onDropdownOpen: () => { box.focusSearchInput(); onOpen?.(); },
    onDropdownClose: () => {
      box.resetSelectedOption();
      if (!isPicked.current || !leavesFocus) box.focusTarget();
      isPicked.current = false;
      look("");
      onClose?.();
    },
  });
  const wasOpened = useRef(false);
  useEffect(() => {
    if (!opensAtOnce || wasOpened.current) return;
    wasOpened.current = true;
    box.openDropdown();
  }, [opensAtOnce, box]);
  const shown = groups && (onSearch ? groups : matching(groups, search));
  const typed = search.trim();
  const isListed = shown?.some(({ options }) => options.some((one) => one.value === typed || one.label === typed)) ?? false;
  const mayBeOther = other !== undefined && typed !== "" && !isListed;
  // Enter takes the first, as one expects after typing: also where the list moved under the pointer meanwhile, which takes the choice back.
  const takeFirst = ({ key }: { readonly key: string }): void => {
    if (key === "Enter" && typed !== "" && box.getSelectedOptionIndex() === -1) box.selectFirstOption();
  };
  useEffect(() => {
    if (box.dropdownOpened && typed !== "") box.selectFirstOption();
  }, [typed, shown, box.dropdownOpened]);
  const otherChoice = mayBeOther ? <Combobox.Option value={typed}><bdi>{other(typed)}</bdi></Combobox.Option> : null;
  const pick = (value: string): void => {
    onPick(value);
    look("");
    if (staysOpen) return box.focusSearchInput();
    isPicked.current = true;
    box.closeDropdown();
  };
  const isEmpty = shown !== undefined && shown.every(({ options }) => options.length === 0) && !mayBeOther;
  return (
    <Combobox store={box} onOptionSubmit={pick} width={320} position="bottom-start" withinPortal={!isWithin} shadow="sm" classNames={{ options: "picker-options" }} resetSelectionOnOptionHover>
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        <button type="button" className={`word-button ${variant}${isPlaceholder ? " unset" : ""}`} aria-haspopup="listbox" aria-expanded={box.dropdownOpened} onClick={() => box.toggleDropdown()}>{label === children ? null : <span className="unseen">{label}: </span>}{children}</button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search role="combobox" aria-expanded={box.dropdownOpened} value={search} onChange={(event) => look(event.currentTarget.value)} onKeyDown={takeFirst} placeholder={placeholder} aria-label={placeholder} maxLength={512} />
        {head}
        <Combobox.Options mah={300} style={{ overflowY: "auto" }} aria-label={label} aria-busy={box.dropdownOpened && (shown === undefined || isEmpty)}>
          {isOtherFirst ? otherChoice : null}
          {shown?.map(({ title, options }) => (options.length === 0 ? null : (
            <Combobox.Group key={title} label={title}>
              {options.slice(0, SHOWN_MAX).map((one) => <Choice key={one.value} one={one} />)}
            </Combobox.Group>
          )))}
          {isOtherFirst ? null : otherChoice}
          {isEmpty ? <Combobox.Empty>{note ?? t.picker.nothing}</Combobox.Empty> : null}
          {shown === undefined ? <Combobox.Empty>{texts.everywhere.loading}…</Combobox.Empty> : null}
        </Combobox.Options>
        {note !== undefined && !isEmpty ? <Combobox.Footer><span className="dim picker-note">{note}</span></Combobox.Footer> : null}
      </Combobox.Dropdown>
    </Combobox>
  );
}

function Choice({ one }: { readonly one: PickerOption }): ReactNode {
  return (
    <Combobox.Option value={one.value} active={one.isChosen ?? false}>
      <span className="picker-option">
        <bdi className="grow cut">{one.isChosen ? "✓ " : ""}{one.label}</bdi>
        {one.note ? <span className="dim nowrap">{one.note}</span> : null}
        {one.count === undefined ? null : <span className="dim figure" aria-label={t.picker.times(one.count)}>{shortNumber(one.count)}</span>}
      </span>
    </Combobox.Option>
  );
}

/** Those whose name has every typed word. */
function matching(groups: readonly PickerGroup[], search: string): readonly PickerGroup[] {
  const words = search.trim().toLowerCase().split(/\s+/);
  return groups.map(({ title, options }) => ({ title, options: options.filter((one) => words.every((word) => `${one.label} ${title}`.toLowerCase().includes(word))) }));
}
