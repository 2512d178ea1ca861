//! What the appliance says about a call: the label set, version 1 (docs/insight-labels.md).
//!
//! Append only, in the contract's order; the order is part of the record's bytes.

use serde::{Deserialize, Serialize};

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$label_doc:meta])* $label:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$label_doc])* #[serde(rename = $text)] $label),+
        }

        impl $name {
            /// Every label, in the contract's order.
            pub const ALL: &'static [$name] = &[$($name::$label),+];

            /// The label as the contract spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$label => $text),+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

labels! {
    /// What a customer's turn does.
    Act {
        /// Says yes to what was asked or proposed.
        Affirm = "affirm",
        /// Says no to a question of fact.
        Deny = "deny",
        /// Asks the price, rate, fee or instalment.
        AskPrice = "ask_price",
        /// Asks what the product is.
        AskDetail = "ask_detail",
        /// Asks how to apply, with what, how long.
        AskProcess = "ask_process",
        /// Asks who is calling.
        AskIdentity = "ask_identity",
        /// Names a need of their own.
        StateNeed = "state_need",
        /// Will think about it.
        Hesitate = "hesitate",
        /// Cannot talk now.
        Defer = "defer",
        /// Agrees to a concrete next step.
        Book = "book",
        /// Does not want the offer.
        Refuse = "refuse",
        /// Asks not to be called again.
        StopCalling = "stop_calling",
        /// Is dissatisfied.
        Complain = "complain",
        /// Is not the person meant.
        WrongPerson = "wrong_person",
        /// Thanks, goodbye.
        Close = "close",
    }
}

labels! {
    /// How interested the customer is.
    Interest {
        /// Agrees, books, or asks price or process with a stated need.
        High = "high",
        /// Asks, hesitates or defers without refusing.
        Medium = "medium",
        /// Refuses or only brushes off.
        Low = "low",
        /// Nobody to judge.
        Unknown = "unknown",
    }
}

labels! {
    /// What came of the call.
    Outcome {
        /// A concrete next step was agreed.
        Agreed = "agreed",
        /// Information or contact is wanted, no fixed time.
        FollowUp = "follow_up",
        /// To be called at another time.
        CallBack = "call_back",
        /// Nothing decided.
        Undecided = "undecided",
        /// Refused.
        Refused = "refused",
        /// Not to be called again.
        DoNotCall = "do_not_call",
        /// A complaint.
        Complaint = "complaint",
        /// Not the person or number meant.
        WrongNumber = "wrong_number",
        /// A machine or announcement answered.
        Voicemail = "voicemail",
        /// Answered, and nothing said.
        NoConversation = "no_conversation",
    }
}

labels! {
    /// The customer's mood over the call.
    Sentiment {
        /// Glad.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Displeased.
        Negative = "negative",
    }
}

labels! {
    /// What the customer's words were about.
    Need {
        /// Price, rate, fee.
        Price = "price",
        /// Discounts and gifts.
        Promotion = "promotion",
        /// The product itself.
        Product = "product",
        /// Whether they qualify.
        Eligibility = "eligibility",
        /// How, documents, duration.
        Process = "process",
        /// How money moves.
        Payment = "payment",
        /// Transport, arrival.
        Delivery = "delivery",
        /// Warranty, repair, refunds.
        AfterSales = "after_sales",
        /// Another supplier.
        Competitor = "competitor",
        /// Where their data came from, who is calling.
        Privacy = "privacy",
    }
}

labels! {
    /// A number that is masked everywhere but in the sealed original.
    SensitiveKind {
        /// An 18-digit resident identity number, checksum valid (GB 11643).
        IdCard = "id_card",
        /// A bank card number, Luhn valid (ISO/IEC 7812).
        BankCard = "bank_card",
        /// A mobile number.
        Mobile = "mobile",
    }
}
