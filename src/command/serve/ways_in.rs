//! Who gets in, as settings say it: people whom a provider vouches for, the council's or a partner's; whoever breaks the
//! glass; partners' systems.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use crate::access::break_glass::{Board, BreakGlass};
use crate::access::quota::Quota;
use crate::access::tokens::{TokenSettings, Tokens};
use crate::access::tries::Tries;
use crate::command::settings::Settings;
use crate::outgoing::mail::is_address;
use crate::pages::provider::{Partner, Provider, ProviderError, ProviderSettings, SecondFactor};
use crate::serving::Serving;

/// Who says who people are. Without it everybody is invented, and the demonstration is for this machine alone.
#[derive(Debug, Args)]
pub(in crate::command) struct ProviderArgs {
    /// The issuer address of an OpenID Connect provider; people then sign in there, and nobody invented is known
    #[arg(long, value_name = "URL", env = "WINDSCREEN_OIDC_ISSUER", requires_all = ["oidc_client_id", "oidc_client_secret_file", "public_url"])]
    oidc_issuer: Option<String>,
    /// What the provider calls this service
    #[arg(long, value_name = "ID", env = "WINDSCREEN_OIDC_CLIENT_ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// A file that holds the secret which the provider gave
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_OIDC_CLIENT_SECRET_FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// Where people reach this service, such as https://hub.example.gov.uk
    #[arg(long, value_name = "URL", env = "WINDSCREEN_PUBLIC_URL", requires = "oidc_issuer")]
    pub(super) public_url: Option<String>,
    /// The claim that names somebody's role, in the words of the role table
    #[arg(long, value_name = "CLAIM", default_value = "windscreen_role", env = "WINDSCREEN_OIDC_ROLE_CLAIM")]
    oidc_role_claim: String,
    /// The claim that names somebody's organisation
    #[arg(
        long,
        value_name = "CLAIM",
        default_value = "windscreen_organisation",
        env = "WINDSCREEN_OIDC_ORGANISATION_CLAIM"
    )]
    oidc_organisation_claim: String,
    /// The claim of the ID token that shows that a second factor was used, such as amr or acr; nobody is let in without it
    #[arg(long, value_name = "CLAIM", env = "WINDSCREEN_OIDC_SECOND_FACTOR_CLAIM", requires_all = ["oidc_issuer", "oidc_second_factor_values"])]
    oidc_second_factor_claim: Option<String>,
    /// The values of that claim of which one is enough, with commas between them
    #[arg(
        long,
        value_name = "VALUES",
        env = "WINDSCREEN_OIDC_SECOND_FACTOR_VALUES",
        requires = "oidc_second_factor_claim"
    )]
    oidc_second_factor_values: Option<String>,
    /// A YAML file of partners' providers, each with the organisations and roles that it vouches for
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_OIDC_PARTNERS", requires = "oidc_issuer")]
    oidc_partners: Option<PathBuf>,
}

impl ProviderArgs {
    /// What shows a second factor, where one is asked.
    pub(in crate::command) fn second_factor(&self) -> Option<SecondFactor> {
        let (claim, values) = (self.oidc_second_factor_claim.clone()?, self.oidc_second_factor_values.as_ref()?);
        Some(SecondFactor { claim, values: values.split(',').map(|value| value.trim().to_owned()).collect() })
    }

    /// Whether people sign in at a provider.
    pub(in crate::command) fn is_named(&self) -> bool {
        self.oidc_issuer.is_some()
    }

    /// The addresses of the council's provider and of the partners'.
    pub(in crate::command) fn issuers(&self) -> anyhow::Result<Vec<String>> {
        let partners = self.entries()?.into_iter().map(|entry| entry.issuer);
        Ok(self.oidc_issuer.iter().cloned().chain(partners).collect())
    }

    /// The files of their secrets.
    pub(in crate::command) fn secret_files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let partners = self.entries()?.into_iter().map(|entry| entry.client_secret_file);
        Ok(self.oidc_client_secret_file.iter().cloned().chain(partners).collect())
    }

    /// The file of partners' providers.
    fn entries(&self) -> anyhow::Result<Vec<PartnerEntry>> {
        let Some(file) = &self.oidc_partners else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
        serde_yaml::from_str(&text).with_context(|| format!("`{}`", file.display()))
    }

    pub(super) fn provider(&self, settings: &Settings) -> anyhow::Result<Option<Provider>> {
        let (Some(issuer), Some(client_id), Some(file), Some(public_url)) =
            (&self.oidc_issuer, &self.oidc_client_id, &self.oidc_client_secret_file, &self.public_url)
        else {
            return Ok(None);
        };
        let secret = std::fs::read_to_string(file)
            .with_context(|| format!("`{}` cannot be read", file.display()))
            .with_context(|| settings.place("oidc_client_secret_file"))?;
        let provider = ProviderSettings {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: secret.trim().to_owned(),
            public_url: public_url.clone(),
            role_claim: self.oidc_role_claim.clone(),
            organisation_claim: self.oidc_organisation_claim.clone(),
            second_factor: self.second_factor(),
            partner: None,
        };
        let provider = Provider::new(provider);
        match provider {
            Err(ProviderError::Setting(_)) => {
                Ok(Some(provider.with_context(|| settings.place("oidc_second_factor_values"))?))
            }
            provider => Ok(Some(provider?)),
        }
    }

    pub(super) fn partners(&self) -> anyhow::Result<Vec<Provider>> {
        let (Some(file), Some(public_url)) = (&self.oidc_partners, &self.public_url) else { return Ok(Vec::new()) };
        let mut providers: Vec<Provider> = Vec::new();
        for entry in self.entries()? {
            let secret = &entry.client_secret_file;
            let secret =
                std::fs::read_to_string(secret).with_context(|| format!("`{}` cannot be read", secret.display()))?;
            let of = |claim: Option<String>, usual: &str| claim.unwrap_or_else(|| usual.to_owned());
            let twice = providers.iter().filter_map(Provider::partner).any(|other| other.id == entry.partner.id);
            anyhow::ensure!(!twice, "`{}` names the partner `{}` twice", file.display(), entry.partner.id);
            providers.push(Provider::new(ProviderSettings {
                issuer: entry.issuer,
                client_id: entry.client_id,
                client_secret: secret.trim().to_owned(),
                public_url: public_url.clone(),
                role_claim: of(entry.role_claim, &self.oidc_role_claim),
                organisation_claim: of(entry.organisation_claim, &self.oidc_organisation_claim),
                second_factor: entry.second_factor.or_else(|| self.second_factor()),
                partner: Some(entry.partner),
            })?);
        }
        Ok(providers)
    }
}

/// A partner's provider, as the file of them says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnerEntry {
    /// Of whom it is believed.
    partner: Partner,
    /// Its issuer address.
    issuer: String,
    /// What it calls this service.
    client_id: String,
    /// A file that holds the secret which it gave.
    client_secret_file: PathBuf,
    /// The claim that names somebody's role, where it is another than the council's.
    role_claim: Option<String>,
    /// The claim that names somebody's organisation, where it is another than the council's.
    organisation_claim: Option<String>,
    /// What shows a second factor, where it is another than the council's.
    second_factor: Option<SecondFactor>,
}

/// How somebody gets in when nobody can say who they are, and how the board is told.
#[derive(Debug, Args)]
pub(in crate::command) struct BreakGlassArgs {
    /// A file of break-glass accounts, made by `windscreen break-glass`: whoever has a secret of it gets in without the provider, and the board is told
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_BREAK_GLASS", requires_all = ["oidc_issuer", "board_email", "mail_from", "sendmail"])]
    pub(in crate::command) break_glass: Option<PathBuf>,
    /// The board's e-mail address, which is told of every use
    #[arg(long, value_name = "ADDRESS", env = "WINDSCREEN_BOARD_EMAIL", requires = "break_glass")]
    board_email: Option<String>,
    /// The address that messages come from
    #[arg(long, value_name = "ADDRESS", env = "WINDSCREEN_MAIL_FROM", requires = "break_glass")]
    mail_from: Option<String>,
    /// The program that takes messages, as `sendmail -t` does
    #[arg(long, value_name = "PROGRAM", env = "WINDSCREEN_SENDMAIL", requires = "break_glass")]
    pub(in crate::command) sendmail: Option<PathBuf>,
}

impl BreakGlassArgs {
    pub(super) fn read(&self, address: Option<&String>, settings: &Settings) -> anyhow::Result<Option<BreakGlass>> {
        let (Some(file), Some(to), Some(from), Some(program)) =
            (&self.break_glass, &self.board_email, &self.mail_from, &self.sendmail)
        else {
            return Ok(None);
        };
        for (id, address) in [("board_email", to), ("mail_from", from)] {
            anyhow::ensure!(is_address(address), "{}: `{address}` is not one e-mail address", settings.place(id));
        }
        let board = Board { to: to.clone(), from: from.clone(), program: program.clone() };
        let made = BreakGlass::new(file, board, address.cloned().unwrap_or_default());
        Ok(Some(made.with_context(|| settings.place("break_glass"))?))
    }
}

/// How partners' systems are known, beside API keys, and how often they may call.
#[derive(Debug, Args)]
pub(in crate::command) struct ClientsArgs {
    /// The issuer address of an OAuth 2 authorisation server: its access tokens are taken from partners' systems
    #[arg(long, value_name = "URL", env = "WINDSCREEN_API_ISSUER", requires_all = ["oidc_issuer", "api_audience"])]
    api_issuer: Option<String>,
    /// What that server calls this service in the tokens' `aud`
    #[arg(long, value_name = "AUDIENCE", env = "WINDSCREEN_API_AUDIENCE", requires = "api_issuer")]
    api_audience: Option<String>,
    /// The claim that names the organisations that a client may act for
    #[arg(
        long,
        value_name = "CLAIM",
        default_value = "windscreen_organisation",
        env = "WINDSCREEN_API_ORGANISATION_CLAIM"
    )]
    api_organisation_claim: String,
    /// The claim that names a client's role; without it, `partner_system`
    #[arg(long, value_name = "CLAIM", default_value = "windscreen_role", env = "WINDSCREEN_API_ROLE_CLAIM")]
    api_role_claim: String,
    /// How many requests a second each client may send, and ten times as many at once; 0 for no limit
    #[arg(long, value_name = "NUMBER", default_value_t = 50, env = "WINDSCREEN_CLIENT_REQUESTS_PER_SECOND")]
    client_requests_per_second: u32,
}

impl ClientsArgs {
    /// The address of the authorisation server.
    pub(in crate::command) fn issuer(&self) -> Option<String> {
        self.api_issuer.clone()
    }

    pub(super) fn known_to(&self, serving: Serving) -> anyhow::Result<Serving> {
        let mut serving = serving.with_tries(Tries::default());
        if let (Some(issuer), Some(audience)) = (&self.api_issuer, &self.api_audience) {
            serving = serving.with_tokens(Tokens::new(TokenSettings {
                issuer: issuer.clone(),
                audience: audience.clone(),
                organisation_claim: self.api_organisation_claim.clone(),
                role_claim: self.api_role_claim.clone(),
            })?);
        }
        Ok(match NonZeroU32::new(self.client_requests_per_second) {
            Some(requests) => serving.with_quota(Quota::per_second(requests)),
            None => serving,
        })
    }
}
