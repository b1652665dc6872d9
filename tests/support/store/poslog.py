"""Tickets as tills write them, with the quirks of real files: POSLog of NCR and Futura, a digital receipt."""

from __future__ import annotations

import json
from typing import Sequence

from .till import Line

_ARTS = "http://www.nrf-arts.org/IXRetail/namespace/"
_ACS = "http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1"
_FUTURA = "http://www.futura4retail.com/pos/namespace/"

# What a till writes beside the purchase, and what must never be on our disk.
NAME, STREET, BIRTH_DATE, CARD = "Erika Mustermann", "Heidestrasse 17", "1988-11-11", "4111111111111111"
PRIVATE = tuple(text.encode() for text in (NAME, STREET, BIRTH_DATE, CARD))


def _cents(price: str) -> int:
    return round(float(price) * 100)


def _amount(cents: int) -> str:
    return f"{cents / 100:.2f}"


def ncr(lines: Sequence[Line], sequence: str, workstation: str = "POS1", day: str = "2026-11-21") -> str:
    """A sale with a voided line, a reward that is printed twice and an age check; no document around it."""
    items = "".join(
        f"<LineItem><SequenceNumber>{n}</SequenceNumber><Sale><ItemID>{line.sku}</ItemID>"
        f"<Description>{CARD}</Description><ExtendedAmount>{_amount(_cents(line.price) * line.quantity)}"
        f"</ExtendedAmount><Quantity>{line.quantity}</Quantity><acs:OperatorSequence>{n}</acs:OperatorSequence></Sale>"
        "</LineItem>"
        for n, line in enumerate(lines, 1)
    )
    first = lines[0]
    price = _amount(_cents(first.price))
    again = "".join(
        f"<LineItem {flag}><SequenceNumber>{n}</SequenceNumber><Sale><ItemID>{first.sku}</ItemID><ExtendedAmount>{sign}"
        f"{price}</ExtendedAmount><Quantity>{sign}1</Quantity></Sale></LineItem>"
        for n, flag, sign in ((90, "", ""), (91, 'VoidFlag="true"', "-"))
    )
    rewards = "".join(
        f"<LineItem><LoyaltyReward {flag}><PromotionID>5123</PromotionID><acs:RewardCategory>Monetary"
        "</acs:RewardCategory><acs:ExtendedRewardAmount>-1.00</acs:ExtendedRewardAmount>"
        "<acs:OperatorSequenceReference>1</acs:OperatorSequenceReference></LoyaltyReward></LineItem>"
        for flag in ('acs:detailedData="true"', 'acs:summarizedActivity="true"')
    )
    total = _amount(sum(_cents(line.price) * line.quantity for line in lines) - 100)
    return (
        f"<Transaction><WorkstationID>{workstation}</WorkstationID><SequenceNumber>{sequence}</SequenceNumber>"
        f"<BusinessDayDate>{day}</BusinessDayDate><EndDateTime>{day}T15:04:05</EndDateTime>"
        f'<OperatorID OperatorName="{NAME}">91</OperatorID><CurrencyCode>EUR</CurrencyCode><RetailTransaction>{items}'
        f'{again}<LineItem><acs:AgeRestriction Birthdate="{BIRTH_DATE}">28</acs:AgeRestriction></LineItem>'
        f'<LineItem><Tender TenderType="CreditDebit" TypeCode="Sale"><Amount>{total}</Amount><CreditDebit>'
        f"<PrimaryAccountNumber>{CARD}</PrimaryAccountNumber></CreditDebit></Tender></LineItem>{rewards}"
        f'<Total TotalType="TransactionGrandAmount">{total}</Total></RetailTransaction></Transaction>'
    )


def futura(line: Line, sequence: str, loyalty: str, workstation: str = "POS1", day: str = "2026-11-21") -> str:
    """A sale with the customer's whole address and a loyalty card under its odd name."""
    amount = f"{_cents(line.price) * line.quantity / 100:.3f}"
    return (
        f"<Transaction><WorkstationID>{workstation}</WorkstationID><SequenceNumber>{sequence}</SequenceNumber>"
        f"<RetailTransaction><LineItem><Sale><ItemID>{line.sku}</ItemID><ExtendedAmount>{amount}</ExtendedAmount>"
        f"<Quantity>{line.quantity}.0000</Quantity></Sale></LineItem><LineItem><Tender TenderType=\"Cash\">"
        f'<Amount>{amount}</Amount></Tender></LineItem><Total TotalType="TransactionGrandAmount" CurrencyCode="EUR">'
        f"{amount}</Total><Customer><Name>{NAME}</Name><Address>{STREET}</Address><Birth>{BIRTH_DATE}</Birth></Customer>"
        f"<LoyaltyAccount><LoyaltyCard><PrimaryAccountNumber>{loyalty}</PrimaryAccountNumber></LoyaltyCard>"
        f"</LoyaltyAccount></RetailTransaction><BusinessDayDate>{day}</BusinessDayDate><EndDateTime>{day}T14:04:05Z"
        "</EndDateTime></Transaction>"
    )


def document(*transactions: str, vendor: str = "acs", encoding: str = "UTF-8") -> bytes:
    space = {"acs": f'xmlns:acs="{_ACS}"', "fu": f'xmlns:fu="{_FUTURA}"', "": ""}[vendor]
    text = f'<?xml version="1.0" encoding="{encoding}"?><POSLog xmlns="{_ARTS}" {space}>{"".join(transactions)}</POSLog>'
    return text.encode(encoding)


def receipt(line: Line, sequence: int, workstation: str = "POS1", day: str = "2026-11-21") -> bytes:
    """An ARTS digital receipt in JSON."""
    amount = _cents(line.price) * line.quantity / 100
    return json.dumps(
        {
            "business_unit": {"contact": {"address": {"street_address": STREET}}},
            "cashier": {"name": NAME},
            "sales_recording_system": {"name": workstation},
            "receipt_identifier": {"sequence_number": sequence},
            "time_of_purchase": f"{day}T11:07:00+01:00",
            "currency": "EUR",
            "totals": [{"type": "paid", "amount": amount}],
            "items": [
                {
                    "type": "sale",
                    "identifiers": [{"identifier_type": "pos", "value": line.sku}],
                    "quantity": {"value": line.quantity},
                    "extended_amount": amount,
                }
            ],
            "payments": [{"tender": {"type": "creditdebit", "pan": CARD}, "amount": amount}],
        }
    ).encode()
